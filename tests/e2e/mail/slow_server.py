"""An SMTP server that takes its time, and writes down whose mail it has taken: one Message-ID a line.

usage: slow_server.py PORT-FILE TAKEN-FILE
"""

import os
import socket
import sys
import threading
import time


def serve(connection, taken, lock):
    stream = connection.makefile("rb")

    def say(line):
        connection.sendall(line + b"\r\n")

    say(b"220 slow")
    for line in stream:
        verb = line[:4].upper()
        if verb == b"DATA":
            say(b"354 go on")
            name = b""
            for line in stream:
                if line.lower().startswith(b"message-id:"):
                    name = line.split(b":", 1)[1].strip()
                if line == b".\r\n":
                    break
            else:
                return
            time.sleep(0.01)
            with lock, open(taken, "ab") as file:
                file.write(name + b"\n")
                file.flush()
                os.fsync(file.fileno())
            time.sleep(0.01)
            say(b"250 taken")
        elif verb == b"QUIT":
            say(b"221 bye")
            return
        else:
            say(b"250 ok")


def quietly(connection, taken, lock):
    try:
        serve(connection, taken, lock)
    except OSError:
        pass


def main():
    port_file, taken = sys.argv[1:]
    open(taken, "wb").close()
    lock = threading.Lock()
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file, "w") as file:
        file.write(str(listener.getsockname()[1]))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=quietly, args=(connection, taken, lock), daemon=True).start()


main()
