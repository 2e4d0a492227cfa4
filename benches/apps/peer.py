"""Starts a server that is a library: peer.py bjoern|fastwsgi PORT PROCESSES MODULE."""

import importlib
import os
import sys

name, port, processes, module = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
application = importlib.import_module(module).application

if name == "bjoern":
    import bjoern

    bjoern.listen(application, "127.0.0.1", port)
    # As its own documentation shows for several processes.
    for _ in range(processes - 1):
        if os.fork() == 0:
            break
    bjoern.run()
else:
    import fastwsgi

    fastwsgi.run(application, host="127.0.0.1", port=port, workers=processes)
