"""Lets LocalStack run the DynamoDB Local that TaskQ has from Maven Central.

LocalStack would download Amazon's archive, a Java to run it, and an agent that lifts a limit on indexes.
"""

import json
import os

from localstack.runtime import hooks


@hooks.on_runtime_create()
def run_dynamodb_local():
    from localstack.services.dynamodb.server import DynamodbServer

    DynamodbServer.do_start_thread = _start


def _start(server):
    from localstack.utils.run import ShellCommandThread

    command = [*json.loads(os.environ["TASKQ_DYNAMODB_LOCAL"]), str(server.port)]
    # The program ends when its standard input does: with LocalStack, however that ends.
    thread = ShellCommandThread(command, stdin=True, outfile=os.devnull, name="dynamodb-local")
    thread.start()
    return thread
