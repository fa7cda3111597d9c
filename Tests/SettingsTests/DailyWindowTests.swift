import Settings
import Testing

struct DailyWindowTests {
    @Test(arguments: ["22:00-06:00", "00:00-23:59", "09:05-09:06"]) func `a window is read as it is written`(
        text: String
    ) {
        #expect(DailyWindow(text)?.description == text)
    }

    @Test(arguments: [
        "", "22:00", "22:00-24:00", "22:60-23:00", "9:00-10:00", "22:00-22:00", "22:00-23:00-", "+1:00-02:00",
    ])
    func `what is none is refused`(text: String) {
        #expect(DailyWindow(text) == nil)
    }
}
