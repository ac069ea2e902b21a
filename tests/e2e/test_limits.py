"""What the process takes from the system: threads for names, descriptors."""

import pathlib
import resource

from harness import Client, EndToEnd, forward_config, wait_until


class Limits(EndToEnd):
    @staticmethod
    def limits(proxy):
        text = pathlib.Path(f"/proc/{proxy.process.pid}/limits").read_text(encoding="ascii")
        soft, hard = next(line for line in text.splitlines() if line.startswith("Max open files")).split()[3:5]
        return int(soft), int(hard)

    def test_more_than_four_names_can_be_looked_up_at_once(self):
        proxy = self.start(forward_config())
        tasks = pathlib.Path(f"/proc/{proxy.process.pid}/task")
        with Client(proxy.port("dev")) as client:
            # The threads begin with the first name; what becomes of it does not matter.
            client.send(b"GET http://nothing.invalid/ HTTP/1.1\r\nHost: nothing.invalid\r\n\r\n")
            wait_until(lambda: len(list(tasks.iterdir())) > 32, "the threads that look names up")

    def test_the_limit_of_descriptors_is_raised(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        proxy = self.start(forward_config())
        self.assertEqual(self.limits(proxy), (hard, hard))

    def test_too_few_descriptors_are_a_warning(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        connections = min(hard // 2, 1_000_000)
        if 2 * connections + 64 <= hard:
            self.skipTest(f"a million connections fit into the {hard} descriptors of this machine")
        proxy = self.start(forward_config() + f"[limits]\nmax_connections = {connections}\n")
        line = proxy.wait_line(event="descriptors_short")
        self.assertEqual((line["level"], line["limit"], line["needed"]), ("warning", hard, 2 * connections + 64))
