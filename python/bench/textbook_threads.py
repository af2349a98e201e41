"""The room of the tutorials: a thread for each connection, and a loop over the sockets.

The first line of a connection names its room, as tests/bench/load/load.cpp has it.
"""

import socket
import threading
from collections import defaultdict

rooms = defaultdict(list)


def talk(connection):
    lines = connection.makefile("rb")
    room = rooms[next(lines)]
    room.append(connection)
    for line in lines:
        for other in list(room):
            other.sendall(line)
    room.remove(connection)


with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
    print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=talk, args=(connection,), daemon=True).start()
