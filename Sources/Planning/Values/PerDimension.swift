/// A number for each ``Dimension``: shares, weights, levels.
package struct PerDimension: Equatable, Sendable {
    private var numbers: SIMD4<Double>

    package init(cpu: Double, writes: Double, bytes: Double, memory: Double) {
        numbers = SIMD4(cpu, writes, bytes, memory)
    }

    package init(all number: Double) { numbers = SIMD4(repeating: number) }

    package subscript(dimension: Dimension) -> Double {
        get { numbers[dimension.rawValue] }
        set { numbers[dimension.rawValue] = newValue }
    }
}
