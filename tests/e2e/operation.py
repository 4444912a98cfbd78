#!/usr/bin/python3
"""What operation.sh needs beside a shell: a mail server's side of the milter protocol, a service manager, HTTP."""

import os
import re
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request


class Milter:
    """One connection, over as many messages as it likes. No step is negotiated away, so that each has an answer."""

    def __init__(self, address):
        kind = socket.AF_UNIX if address.startswith("/") else socket.AF_INET
        self.socket = socket.socket(kind, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(address if kind == socket.AF_UNIX else ("127.0.0.1", int(address)))
        self.send(b"O", struct.pack(">III", 6, 0x1FF, 0))
        assert self.packet()[0] == b"O"
        self.step(b"C", b"client.example\0" + b"4" + struct.pack(">H", 4711) + b"192.0.2.9\0")
        self.step(b"H", b"client.example\0")

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def packet(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        data = self.exactly(length)
        return data[:1], data[1:]

    def step(self, command, data=b""):
        self.send(command, data)
        answer = self.packet()
        assert answer[0] == b"c", (command, answer)

    def begin(self, queue_id="OPERATION"):
        """A message of bank.example that bank.example did not send, up to the first half of its body."""
        self.send(b"D", b"M" + b"i\0" + queue_id.encode() + b"\0")
        self.step(b"M", b"<billing@bank.example>\0")
        self.step(b"R", b"<user@example.jp>\0")
        for name, value in (("From", "Bank <billing@bank.example>"), ("Subject", "hello"), ("To", "user@example.jp")):
            self.step(b"L", name.encode() + b"\0" + value.encode() + b"\0")
        self.step(b"N")
        self.step(b"B", b"Hello,\r\n")

    def end(self):
        """The other half; gives the verdict's letter."""
        self.step(b"B", b"this is a test.\r\n")
        self.send(b"E")
        while True:
            command, _ = self.packet()
            if command in b"acrdty":
                return {"a": "accept", "c": "accept", "r": "reject", "y": "reject", "t": "tempfail"}.get(
                    command.decode(), command.decode()
                )

    def quit(self):
        self.send(b"Q")
        self.socket.close()


def message(address):
    """Delivers one message, and prints its verdict."""
    milter = Milter(address)
    milter.begin()
    print(milter.end())
    milter.quit()


def half(address, go):
    """Delivers half a message, says so, and the rest when the file GO is there; prints the verdict."""
    milter = Milter(address)
    milter.begin("HALF")
    print("half", flush=True)
    wait_for(go)
    print(milter.end(), flush=True)


def load(address, go, out):
    """Delivers messages over many connections until the file GO is there; writes how many, and how many were lost."""
    counts = {"messages": 0, "lost": 0}
    lock = threading.Lock()

    def deliver():
        while not os.path.exists(go):
            done, lost = 0, 0
            try:
                milter = Milter(address)
                for _ in range(3):
                    milter.begin("LOAD")
                    milter.end()
                    done += 1
                milter.quit()
            except (OSError, EOFError, AssertionError) as error:
                print(repr(error), file=sys.stderr)
                lost += 1
            with lock:
                counts["messages"] += done
                counts["lost"] += lost
            with open(out + ".so-far", "w") as file:
                file.write(str(counts["messages"]))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(out, "w") as file:
        file.write(f"{'some' if counts['messages'] > 20 else counts['messages']} messages, {counts['lost']} lost\n")


def wait_for(path):
    deadline = time.monotonic() + 60
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            sys.exit(f"{path} does not come")
        time.sleep(0.02)


def manager(path, out):
    """A service manager: writes down what it is told."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(path)
    os.chmod(path, 0o777)
    with open(out, "w") as file:
        print("listening", file=file, flush=True)
        while True:
            print(receiver.recv(4096).decode(), file=file, flush=True)


def activate(ports, program, *arguments):
    """Opens sockets, writes their ports into a file, and becomes the program, which inherits them."""
    opened = []
    for _ in range(2):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        opened.append(listener)
    with open(ports, "w") as file:
        file.write(" ".join(str(listener.getsockname()[1]) for listener in opened) + "\n")
    # Out of the way of each other first.
    beside = [os.dup2(listener.fileno(), 50 + at, inheritable=False) for at, listener in enumerate(opened)]
    for at, descriptor in enumerate(beside):
        os.dup2(descriptor, 3 + at, inheritable=True)
    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="milter:http")
    os.execv(program, [program, *arguments])


def get(url):
    """Prints the page."""
    with urllib.request.urlopen(url, timeout=10) as response:
        print(response.read().decode(), end="")


def status(url):
    """Prints the status that HTTP answers with."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            print(response.status)
    except urllib.error.HTTPError as error:
        print(error.code)


def exposition(path):
    """Whether a file is in Prometheus's text format: every sample under the HELP and TYPE of its name."""
    names, current, kind, samples = set(), "", "", 0
    sample = re.compile(r'^([a-z_]+)(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? ([0-9.]+)$')
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("# HELP "):
            current, _ = line[7:].split(" ", 1)
            assert current not in names, line
            names.add(current)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current, line
            assert name.endswith("_total") == (kind == "counter"), line
        else:
            match = sample.match(line)
            assert match, line
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert match[1] in {current + end for end in ends}, line
            samples += 1
    assert samples > 30, samples


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
