"""Drives `rowhouse tenant shell` through a terminal of its own, as somebody at a keyboard does."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60
binary, url, folder = sys.argv[1:4]


class Terminal:
    def __init__(self, *arguments, term="xterm", columns=80):
        self.shown = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.environ.update(
                TERM=term, ROWHOUSE_URL=url, ROWHOUSE_HISTORY=folder + "/state/history", NO_COLOR="1")
            os.execv(binary, [binary, "tenant", "shell", *arguments])

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def wait(self, pattern):
        """Until the pattern has come; what came up to its end is taken away and returned."""
        end = time.time() + PATIENCE
        while True:
            found = re.search(pattern, self.shown, re.S)
            if found:
                taken, self.shown = self.shown[:found.end()], self.shown[found.end():]
                return taken
            left = end - time.time()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise SystemExit(f"no {pattern!r} in {self.shown!r}")
            try:
                piece = os.read(self.descriptor, 65536)
            except OSError:
                piece = b""
            if not piece:
                raise SystemExit(f"ended before {pattern!r}: {self.shown!r}")
            self.shown += piece.decode(errors="replace")

    def prompt(self, mark=""):
        """Until an empty line is asked for."""
        asked = f"acme{mark}> "
        return self.wait(re.escape(f"{asked}\r\x1b[{len(asked)}C"))

    def line(self, text):
        self.type(text + "\r")
        return self.prompt()

    def is_cooked(self):
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ICANON)

    def end(self):
        while True:
            try:
                if not os.read(self.descriptor, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def expect(condition, what):
    if not condition:
        raise SystemExit(f"not so: {what!r}")


def editing():
    shell = Terminal("acme")
    shell.prompt()
    shell.line("create table notes (id integer primary key, text text);")
    # In pieces, with an error mended: left, backspace, a wide character split over two writes.
    shell.type("insert into notes (text) values ('grXn");
    shell.type("\x1b[D\x7f")
    os.write(shell.descriptor, "ü".encode()[:1])
    time.sleep(0.05)
    os.write(shell.descriptor, "ü".encode()[1:])
    shell.type("\x05');\r")
    shell.prompt()
    shown = shell.line("select text, 'a' || char(27) || '[31m漢' as hostile from notes;")
    expect("a␛[31m漢" in shown and "grün" in shown, shown)
    # A statement over several lines; the prompt says what is open.
    shell.type("select '\r")
    shell.wait(r"acme'> ")
    shell.type("x' as\r")
    shell.wait(r"acme-> ")
    shown = shell.line("y;")
    expect("␊x" in shown, shown)
    # Pasted as one, run with one Enter; the history brings it back, and the search finds it.
    shell.type("\x1b[200~select 40 +\n2 as answer;\x1b[201~\r")
    expect("42" in shell.prompt(), "the paste ran")
    shell.type("\x1b[A\r")
    expect("42" in shell.prompt(), "the history ran")
    shell.type("\x12answer\r")
    expect("42" in shell.prompt(), "the search ran")
    # Completion of a keyword and a table.
    shell.type("sel\t* from no\t;\r")
    expect("grün" in shell.prompt(), "the completed statement ran")
    # A line given up.
    shell.type("drop table notes\x03")
    shell.prompt()
    shell.type("\x04")
    expect(shell.end() == 0, "Control-D leaves")
    mode = os.stat(folder + "/state/history").st_mode & 0o777
    expect(mode == 0o600, oct(mode))


def transactions():
    shell = Terminal("acme")
    shell.prompt()
    shell.type("begin;\r")
    shell.prompt("*")
    shell.type("insert into notes (text) values ('undone');\r")
    shell.prompt("*")
    shell.type("selec;\r")
    shown = shell.prompt("*")
    expect("syntax error" in shown, shown)
    shell.line("rollback;")
    shown = shell.line("select count(*) as n from notes where text = 'undone';")
    expect("0" in shown, shown)
    # Control-C ends the statement and not the shell.
    shell.type("with n(i) as (select 1 union all select i + 1 from n) select max(i) from n;\r")
    time.sleep(0.5)
    expect(shell.is_cooked(), "the terminal is as it was while a statement runs")
    shell.type("\x03")
    expect("interrupted" in shell.prompt(), "the statement was interrupted")
    expect("alive" in shell.line("select 'a' || 'live';"), "the shell goes on")
    shell.type(".tables\r")
    expect("notes" in shell.prompt(), "tables")
    shell.type("begin;\r")
    shell.prompt("*")
    shell.type(".quit\r")
    shell.wait("is undone")
    expect(shell.end() == 0, "leaving")


def other_end(descriptor):
    """os.ptsname, which Python has from 3.13 on."""
    number = fcntl.ioctl(descriptor, 0x80045430, struct.pack("I", 0))  # TIOCGPTN
    return "/dev/pts/%d" % struct.unpack("I", number)


def restoring():
    for number in (signal.SIGTERM, signal.SIGHUP):
        shell = Terminal("acme")
        shell.prompt()
        expect(not shell.is_cooked(), "raw at the prompt")
        # Held open, so that the settings can be read when the shell has ended.
        keep = os.open(other_end(shell.descriptor), os.O_RDWR | os.O_NOCTTY)
        os.kill(shell.pid, number)
        status = os.waitstatus_to_exitcode(os.waitpid(shell.pid, 0)[1])
        expect(status == -number, status)
        expect(shell.is_cooked(), f"cooked after {number}")
        os.close(keep)


def dumb():
    shell = Terminal("acme", term="dumb")
    shell.wait("acme> ")
    shell.type("select 6 * 7 as answer;\n")
    shown = shell.wait("42.*acme> ")
    expect("\x1b" not in shown, shown)
    shell.type("\x04")
    expect(shell.end() == 0, "end of input leaves")


editing()
transactions()
restoring()
dumb()
print("ok")
