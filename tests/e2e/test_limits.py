"""What the process takes from the system: threads for names, descriptors."""

import pathlib

from harness import Client, EndToEnd, forward_config, wait_until


class Limits(EndToEnd):
    def test_more_than_four_names_can_be_looked_up_at_once(self):
        proxy = self.start(forward_config())
        tasks = pathlib.Path(f"/proc/{proxy.process.pid}/task")
        with Client(proxy.port("dev")) as client:
            # The threads begin with the first name; what becomes of it does not matter.
            client.send(b"GET http://nothing.invalid/ HTTP/1.1\r\nHost: nothing.invalid\r\n\r\n")
            wait_until(lambda: len(list(tasks.iterdir())) > 32, "the threads that look names up")
