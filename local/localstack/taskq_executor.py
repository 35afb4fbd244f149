"""Runs LocalStack's Node.js Lambda functions as processes of this machine; its own executor needs Docker.

An environment is one Node process with runtime.mjs. Invocations and answers are lines of JSON on Node's own
channel to a parent (NODE_CHANNEL_FD). What the function prints goes to a file, and from there to its log.
"""

import json
import math
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

RUNTIME = Path(__file__).with_name("runtime.mjs")


class Executor(RuntimeExecutorPlugin):
    name = "taskq"

    def load(self, *args, **kwargs):
        return NodeProcesses


class NodeProcesses(RuntimeExecutor):
    """One execution environment. LocalStack gives it one invocation at a time; `stop` may come at any."""

    node = None

    def start(self, env_vars):
        code = self.function_version.config.code.get_unzipped_code_location()
        kept = {name: str(value) for name, value in env_vars.items() if value is not None}
        self.env = kept | {"LAMBDA_TASK_ROOT": str(code), "PATH": os.environ["PATH"], "TZ": "UTC"}
        self._boot()

    def invoke(self, payload):
        request_id = payload["invoke-id"]
        # Lambda, too, starts a new process after one that was ended or ended by itself.
        if self.node is None or not self.node.is_alive():
            self._boot()
        node = self.node
        timeout = self.function_version.config.timeout
        logged = node.log_size()
        began = time.monotonic()
        status, answer = node.ask(
            {
                "requestId": request_id,
                "functionArn": payload["invoked-function-arn"],
                "traceId": payload["trace-id"],
                "deadlineMs": int((time.time() + timeout) * 1000),
                "event": payload["payload"],
            },
            timeout,
        )
        ms = (time.monotonic() - began) * 1000
        if status in ("timeout", "gone") or answer.get("fatal"):
            ended = node.end()
            prefix = f"RequestId: {request_id} Error:"
            if status == "timeout":
                answer = failure("Sandbox.Timedout", f"{prefix} Task timed out after {timeout:.2f} seconds")
            elif status == "gone":
                answer = failure("Runtime.ExitError", f"{prefix} Runtime exited with error: {ended}")
        error = answer.get("error")
        logs = self._log(request_id, node.log_since(logged), ms, answer.get("maxMemoryMb"), status)
        body = answer["result"] if error is None else json.dumps(error)
        return InvocationResult(request_id, body.encode(), is_error=error is not None, logs=logs)

    def stop(self):
        if self.node is not None:
            self.node.end()

    def get_logs(self):
        return self.node.log_since(0) if self.node is not None else ""

    def get_address(self):
        return "127.0.0.1"

    def get_endpoint_from_executor(self):
        return "127.0.0.1"

    def get_runtime_endpoint(self):
        # For the programs in LocalStack's own containers; nothing here calls it.
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version):
        runtime = function_version.config.runtime
        if not str(runtime).startswith("nodejs"):
            raise ValueError(f"functions run as Node.js processes here; {runtime} is none")
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        pass

    def _boot(self):
        """A process whose handler is loaded. LocalStack ends one that takes too long, by `stop`."""
        self.node = node = NodeProcess(self.env, self.function_version.config.memory_size)
        status, answer = node.read(None)
        if status == "gone":
            answer = failure("Runtime.ExitError", f"Runtime exited with error: {node.end()}")
        if "error" in answer:
            node.end()
            error = json.dumps(answer["error"])
            raise StatusErrorException(f"the function could not be loaded: {error}", error.encode())

    def _log(self, request_id, said, ms, max_memory_mb, status):
        """The lines that Lambda writes around a function's own.
        https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html"""
        memory_mb = self.function_version.config.memory_size
        report = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {ms:.2f} ms",
            f"Billed Duration: {math.ceil(ms)} ms",
            f"Memory Size: {memory_mb} MB",
        ]
        # Of a process that is gone it is not known, and a made-up number would be taken for a cause of death.
        if max_memory_mb is not None:
            report.append(f"Max Memory Used: {max_memory_mb} MB")
        if status == "timeout":
            report.append("Status: timeout")
        if status == "gone":
            report.append("Status: error\tError Type: Runtime.ExitError")
        start = f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}"
        return "\n".join([start, *said.splitlines(), f"END RequestId: {request_id}", "\t".join(report)])


class NodeProcess:
    """A Node process with its channel and its log file."""

    def __init__(self, env, memory_mb):
        self.channel, theirs = socket.socketpair()
        self.received = b""
        self.log = tempfile.TemporaryFile()
        self.ending = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                # The folder of the code says whose process it is: `npm run down` looks for it.
                ["node", f"--max-old-space-size={memory_mb}", str(RUNTIME), env["LAMBDA_TASK_ROOT"]],
                cwd=env["LAMBDA_TASK_ROOT"],
                env=env | {"NODE_CHANNEL_FD": str(theirs.fileno())},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def is_alive(self):
        return self.process.poll() is None

    def ask(self, message, seconds):
        """Sends a message and returns the answer to it, as `read` does."""
        deadline = time.monotonic() + seconds
        self.channel.settimeout(seconds)
        try:
            self.channel.sendall(json.dumps(message).encode() + b"\n")
        except TimeoutError:
            return "timeout", {}
        except OSError:
            return "gone", {}
        return self.read(deadline)

    def read(self, deadline):
        """('answered', the message), or 'timeout' or 'gone' and nothing. Without a deadline it waits for either."""
        while b"\n" not in self.received:
            try:
                if deadline is not None:
                    self.channel.settimeout(max(deadline - time.monotonic(), 0.001))
                chunk = self.channel.recv(1 << 20)
            except TimeoutError:
                return "timeout", {}
            except OSError:
                chunk = b""
            if not chunk:
                return "gone", {}
            self.received += chunk
        line, _, self.received = self.received.partition(b"\n")
        return "answered", json.loads(line)

    def end(self):
        """Ends it and all that it has started; how it ended, in words."""
        with self.ending:
            try:
                self.process.wait(0.1)  # one that ends by itself tells more than one that is killed
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            code = self.process.wait()
        return f"signal: {signal.strsignal(-code).lower()}" if code < 0 else f"exit status {code}"

    def log_size(self):
        return os.fstat(self.log.fileno()).st_size

    def log_since(self, start):
        return os.pread(self.log.fileno(), self.log_size() - start, start).decode(errors="replace")


def failure(kind, message):
    return {"error": {"errorType": kind, "errorMessage": message}}
