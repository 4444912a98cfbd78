# Stands before a name server and writes each question that it sees over UDP into PLACE/NAME.asked: the name and the number of
# the kind. It loses so many datagrams of a hundred each way, and passes nothing while PLACE/gone is there.
#
# Further words make it worse: "shuffled" gives answers in another order; "spoofed" sends a forged answer from another port before
# each question is passed on, and with another id before each twentieth; "no-tcp" refuses connections.
#
# relay.py PORT SERVER-PORT PLACE NAME PERCENT [WORD…]
import os, random, selectors, socket, struct, sys, threading
port, knot, place, name, percent = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
words = sys.argv[6:]
asked = open("%s/%s.asked" % (place, name), "w", buffering=1)
dice = random.Random(7)

def question(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return "%s %d" % (".".join(labels).lower(), struct.unpack(">H", message[at + 1:at + 3])[0])

def copy(from_, to):
    try:
        while True:
            data = from_.recv(65536)
            if not data: break
            to.sendall(data)
    except OSError: pass
    finally:
        try: to.shutdown(socket.SHUT_WR)
        except OSError: pass

def connections(listening):
    while True:
        client, _ = listening.accept()
        server = socket.create_connection(("127.0.0.1", knot))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=copy, args=pair, daemon=True).start()

if "no-tcp" not in words:
    listening = socket.create_server(("127.0.0.1", port), backlog=128)
    threading.Thread(target=connections, args=(listening,), daemon=True).start()
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
front.bind(("127.0.0.1", port))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
back.connect(("127.0.0.1", knot))
for one in (front, back): one.setblocking(False)
loses = lambda: dice.random() * 100 < percent or os.path.exists(place + "/gone")
elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

def forge(message, peer, number):
    # The question with "no such name", as whoever sees it, or guesses, would answer.
    lie = b"\x81\x83" + struct.pack(">4H", 1, 0, 0, 0) + message[12:message.index(b"\0", 12) + 5]
    elsewhere.sendto(message[:2] + lie, peer)
    if number % 20 == 0:
        front.sendto(bytes([message[0] ^ 1, message[1]]) + lie, peer)

waiting, number, held = {}, 0, []
chooser = selectors.DefaultSelector()
chooser.register(front, selectors.EVENT_READ)
chooser.register(back, selectors.EVENT_READ)
while True:
    ready = chooser.select(0.002 if held else None)
    if held and (not ready or len(held) >= 16):
        dice.shuffle(held)
        for found, message in held: front.sendto(found[1] + message[2:], found[0])
        held = []
    for key, _ in ready:
        for _ in range(64):
            try:
                message, peer = key.fileobj.recvfrom(65536)
            except OSError:
                break
            if loses(): continue
            if key.fileobj is front:
                asked.write(question(message) + "\n")
                number = (number + 1) & 0xffff
                if "spoofed" in words: forge(message, peer, number)
                waiting[number] = (peer, message[:2])
                try: back.send(struct.pack(">H", number) + message[2:])
                except OSError: pass
            else:
                found = waiting.pop(struct.unpack(">H", message[:2])[0], None)
                if found and "shuffled" in words: held.append((found, message))
                elif found: front.sendto(found[1] + message[2:], found[0])
