#!/usr/bin/python3
"""What memory.sh needs beside a shell: a mail server that delivers files over the milter protocol."""

import socket
import struct
import sys


class Milter:
    """One connection of a client. No step is negotiated away, so that each has an answer."""

    def __init__(self, port, ip):
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=30)
        self.send(b"O", struct.pack(">III", 6, 0x1FF, 0))
        assert self.packet()[0] == b"O"
        self.step(b"C", b"client.example\0" + b"4" + struct.pack(">H", 4711) + ip.encode() + b"\0")
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
        answer, text = self.packet()
        assert answer == b"c", (command, answer, text)

    def deliver(self, sender, recipients, message, queue_id):
        """A whole message; gives the verdict, and the text of a refusal."""
        self.send(b"D", b"M" + b"i\0" + queue_id.encode() + b"\0")
        self.step(b"M", b"<" + sender.encode() + b">\0")
        for number in range(recipients):
            self.send(b"R", b"<user%d@here.example>\0" % number)
            answer, text = self.packet()
            if answer != b"c":
                return text.rstrip(b"\0").decode()
        head, _, body = message.partition(b"\n\n")
        for field in head.replace(b"\n ", b"\x01 ").replace(b"\n\t", b"\x01\t").split(b"\n"):
            name, value = field.replace(b"\x01", b"\n").split(b":", 1)
            self.step(b"L", name + b"\0" + value.removeprefix(b" ") + b"\0")
        self.step(b"N")
        self.step(b"B", body.replace(b"\n", b"\r\n"))
        self.send(b"E")
        while True:
            command, text = self.packet()
            if command in b"acrdty":
                word = {"a": "accept", "c": "accept", "r": "reject", "t": "tempfail"}.get(command.decode())
                return word or text.rstrip(b"\0").decode()


def deliver(port, ip, sender, file, queue_id, recipients="1"):
    """Delivers a file as that client, and prints what became of it."""
    with open(file, "rb") as opened:
        message = opened.read()
    print(Milter(port, ip).deliver(sender, int(recipients), message, queue_id))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
