"""The executor by itself: one environment after the other, without a LocalStack around it."""

import json
import tempfile
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from taskq_executor import NodeProcesses

FUNCTION = """
let n = 0;
const does = {
  count: () => { console.log('counted'); return ++n; },
  throws: () => { throw new RangeError('too much'); },
  exits: () => process.exit(3),
  dies: () => process.kill(process.pid, 'SIGKILL'),
  blocks: () => { for (;;); },
  waits: () => new Promise(() => {}),
};
export const handler = async ({ doing }) => does[doing]();
"""


class Executor(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def environment(self, code=FUNCTION, timeout=2):
        Path(self.folder.name, "index.mjs").write_text(code)
        code = SimpleNamespace(get_unzipped_code_location=lambda: Path(self.folder.name))
        config = SimpleNamespace(code=code, timeout=timeout, memory_size=256)
        environment = NodeProcesses("e1", SimpleNamespace(config=config, id=SimpleNamespace(qualifier="$LATEST")))
        self.addCleanup(environment.stop)
        environment.start({"_HANDLER": "index.handler", "AWS_LAMBDA_FUNCTION_NAME": "f", "UNSET": None})
        return environment

    def invoke(self, environment, doing):
        event = json.dumps({"doing": doing})
        payload = {"invoke-id": "r1", "invoked-function-arn": "arn:f", "trace-id": "Root=1", "payload": event}
        result = environment.invoke(payload)
        return result, json.loads(result.payload)

    def test_a_result_and_its_log(self):
        environment = self.environment()
        result, payload = self.invoke(environment, "count")
        self.assertEqual([result.is_error, payload], [False, 1])
        self.assertRegex(
            result.logs,
            r"^START RequestId: r1 Version: \$LATEST\ncounted\nEND RequestId: r1\n"
            r"REPORT RequestId: r1\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
            r"Memory Size: 256 MB\tMax Memory Used: \d+ MB$",
        )
        self.assertEqual(self.invoke(environment, "count")[1], 2)

    def test_a_thrown_error_keeps_its_name_and_the_process(self):
        environment = self.environment()
        self.invoke(environment, "count")
        result, payload = self.invoke(environment, "throws")
        self.assertEqual([result.is_error, payload["errorType"]], [True, "RangeError"])
        self.assertEqual(self.invoke(environment, "count")[1], 2)

    def test_what_ends_the_process_is_told_and_the_next_invocation_has_a_new_one(self):
        for doing, kind, message, report in [
            ("exits", "Runtime.ExitError", "Runtime exited with error: exit status 3", "Status: error"),
            ("dies", "Runtime.ExitError", "Runtime exited with error: signal: killed", "Status: error"),
            ("waits", "Sandbox.Timedout", "Task timed out after 2.00 seconds", "Status: timeout"),
            ("blocks", "Sandbox.Timedout", "Task timed out after 2.00 seconds", "Status: timeout"),
        ]:
            with self.subTest(doing):
                environment = self.environment()
                self.invoke(environment, "count")
                result, payload = self.invoke(environment, doing)
                expected = {"errorType": kind, "errorMessage": f"RequestId: r1 Error: {message}"}
                self.assertEqual([result.is_error, payload], [True, expected])
                self.assertIn(f"\t{report}", result.logs)
                self.assertNotIn("Max Memory Used", result.logs)
                self.assertEqual(self.invoke(environment, "count")[1], 1)

    def test_a_function_that_cannot_be_loaded(self):
        for code, kind in [("throw new RangeError('no')", "RangeError"), ("process.exit(3)", "Runtime.ExitError")]:
            with self.subTest(kind), self.assertRaises(StatusErrorException) as raised:
                self.environment(code)
            self.assertEqual(json.loads(raised.exception.payload)["errorType"], kind)

    def test_stop_ends_an_invocation(self):
        environment = self.environment(timeout=60)
        threading.Timer(0.3, environment.stop).start()
        result, payload = self.invoke(environment, "waits")
        self.assertEqual([result.is_error, payload["errorType"]], [True, "Runtime.ExitError"])
        self.assertFalse(environment.node.is_alive())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
