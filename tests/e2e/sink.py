#!/usr/bin/env python3
"""An SMTP server on loopback that takes everything: sink.py PORT DIRECTORY – each message becomes a file. It takes its time
before it says so, as others do."""

import pathlib
import socketserver
import sys
import time

PORT, DIRECTORY = int(sys.argv[1]), pathlib.Path(sys.argv[2])


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 sink.example ready")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.say("354 go on")
                self.take()
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")

    def take(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        time.sleep(0.5)
        (DIRECTORY / f"{time.time_ns()}.eml").write_bytes(b"".join(lines))
        self.say("250 taken")

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Sink(("127.0.0.1", PORT), Talk).serve_forever()
