"""Runs one program on a pseudo-terminal of its own, as the session's leader with it as controlling terminal.

Lines of JSON on stdin, the first of which starts the program:
  {"command": [...], "env": {...}, "cwd": "...", "cols": 80, "rows": 24}
  {"type": "text"}   {"resize": [cols, rows]}   {"signal": 15}   {"settings": {"ECHO": true}}
Lines of JSON on stdout: {"pid": 1}, {"output": "base64"}, and at the end {"code": 0, "echo": true, "canonical": true},
where a signal counts as 128 + its number. When stdin closes, the program is killed.
"""

import base64, fcntl, json, os, select, signal, struct, sys, termios


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def resize(cols, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def obey(message):
    if "type" in message:
        os.write(master, message["type"].encode())
    if "resize" in message:
        resize(*message["resize"])
    if "signal" in message:
        os.kill(child, message["signal"])
    for name, on in message.get("settings", {}).items():
        modes = termios.tcgetattr(master)
        flag = getattr(termios, name)
        modes[3] = modes[3] | flag if on else modes[3] & ~flag
        termios.tcsetattr(master, termios.TCSANOW, modes)


def forward_output():
    """Passes on all that there is; False when there is nothing."""
    if not select.select([master], [], [], 0)[0]:
        return False
    say(output=base64.b64encode(os.read(master, 65536)).decode())
    return True


start = json.loads(sys.stdin.buffer.readline())
# The slave stays open here too, so that the settings can be read after the program's end.
master, slave = os.openpty()
resize(start["cols"], start["rows"])
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 256)
    # Python ignores these two, and a child would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.chdir(start["cwd"])
        os.execvpe(start["command"][0], start["command"], start["env"])
    except OSError as error:
        os.write(2, f"{start['command'][0]}: {error}\n".encode())
        os._exit(127)
say(pid=child)

commands = b""
while True:
    ready = select.select([0, master], [], [], 0.02)[0]
    if master in ready:
        forward_output()
    if 0 in ready:
        piece = os.read(0, 65536)
        if piece == b"":
            os.killpg(child, signal.SIGKILL)
            break
        *lines, commands = (commands + piece).split(b"\n")
        for line in lines:
            obey(json.loads(line))
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        while forward_output():
            pass
        modes = termios.tcgetattr(master)[3]
        code = os.waitstatus_to_exitcode(status)
        say(
            code=128 - code if code < 0 else code,
            echo=bool(modes & termios.ECHO),
            canonical=bool(modes & termios.ICANON),
        )
        break
