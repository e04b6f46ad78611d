"""A way to a server that can be cut: nothing arrives any more, and nobody is told."""

import asyncio
import threading

from ..processes import free_port

CHUNK = 65536
# Connections that are closed are gone by then.
END_SECONDS = 1


class Proxy:
    """Passes connections on to a port of this machine, in a thread of its own."""

    def __init__(self, target):
        self.port, self.target = free_port(), target
        self._loop = asyncio.new_event_loop()
        self._is_cut, self._trigger, self._connections = False, None, set()
        # Set when the trigger has passed by.
        self._sprung = threading.Event()
        threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True).start()
        self._do(self._listen())

    def cut(self):
        """From now on all bytes vanish, those of new connections too."""
        self._do(self._set_cut(True))

    def cut_before(self, trigger, seconds):
        """Cuts when a client sends these bytes, which do not arrive; returns whether it did so in so many seconds."""
        self._sprung.clear()
        self._trigger = trigger
        if self._sprung.wait(seconds):
            return True
        self._trigger = None
        self.cut()
        return False

    def heal(self):
        """Closes all connections that have lost bytes; new ones are passed on."""
        self._do(self._set_cut(False))

    def close(self):
        """Ends its connections and its thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _do(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _end(self):
        self._server.close()
        await self._set_cut(False)
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=END_SECONDS)

    async def _set_cut(self, is_cut):
        self._is_cut = is_cut
        if not is_cut:
            for writer in list(self._connections):
                writer.close()

    async def _accept(self, client_reader, client):
        self._connections.add(client)
        server, ways = None, []
        try:
            if self._is_cut:
                await self._swallow(client_reader)
                return
            try:
                server_reader, server = await asyncio.open_connection("127.0.0.1", self.target)
            except OSError:
                return
            self._connections.add(server)
            ways = [asyncio.ensure_future(self._pass(client_reader, server, self._notices)),
                    asyncio.ensure_future(self._pass(server_reader, client, lambda data: None))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for writer in (client, server):
                if writer:
                    self._connections.discard(writer)
                    writer.close()

    def _notices(self, data):
        if self._trigger and self._trigger in data:
            self._trigger, self._is_cut = None, True
            self._sprung.set()

    async def _pass(self, reader, writer, look):
        """Returns when the reading end is closed. While the way is cut, the other end does not hear of that."""
        try:
            while data := await reader.read(CHUNK):
                look(data)
                if not self._is_cut:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        while self._is_cut:
            await asyncio.sleep(0.05)

    async def _swallow(self, reader):
        try:
            while await reader.read(CHUNK):
                pass
        except OSError:
            pass
