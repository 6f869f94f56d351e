"""Live pages: one reader per web process looks what is new, and hands it to everybody who watches.

views/…      says what a page watches: `live_response(request, feed, id)`          (in the tenant's scope, guarded)
serving.py   the ASGI side: holds the open streams, no thread and no connection each
hub.py       who watches, how many may, and the loop that lets the reader look
reader.py    one thread: what is new for all watched things, who may still watch
feeds/       what can be watched: one file each, none of them knows how it is sent
"""
