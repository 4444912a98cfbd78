"""A mail server's side of milter: COUNT messages, one of each of d1.example, d2.example …

usage: milter_client.py PORT COUNT
"""

import socket
import struct
import sys


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    connection = socket.create_connection(("127.0.0.1", port), 30)

    def send(command, data=b""):
        connection.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def exactly(count):
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def answer():
        (length,) = struct.unpack(">I", exactly(4))
        return exactly(length)[:1]

    def step(command, data=b""):
        send(command, data)
        got = answer()
        assert got == b"c", (command, got)

    send(b"O", struct.pack(">III", 6, 0x1FF, 0))
    assert answer() == b"O"
    step(b"C", b"client.example\0" + b"4" + struct.pack(">H", 4711) + b"192.0.2.9\0")
    step(b"H", b"client.example\0")
    for number in range(1, count + 1):
        author = f"a@d{number}.example".encode()
        send(b"D", b"M" + b"i\0" + f"Q{number}".encode() + b"\0")
        step(b"M", b"<" + author + b">\0")
        step(b"R", b"<user@example.jp>\0")
        for name, value in ((b"From", author), (b"Subject", b"hello"), (b"To", b"user@example.jp")):
            step(b"L", name + b"\0" + value + b"\0")
        step(b"N")
        step(b"B", b"hello\r\n")
        send(b"E")
        while answer() not in b"acrdty":
            pass
    send(b"Q")
    connection.close()


main()
