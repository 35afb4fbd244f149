"""A client that knows nothing of TaskQ: Python's own HTTP, and the signer of Amazon's SDK for Python."""

import json
import sys
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

url, region, tenant, key, secret = sys.argv[1:]


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = AWSRequest(method=method, url=url + path, data=data, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials(key, secret), "execute-api", region).add_auth(request)
    sent = urllib.request.Request(url + path, data=data, headers=dict(request.headers), method=method)
    with urllib.request.urlopen(sent, timeout=40) as answer:
        return answer.status, answer.headers["Location"], json.load(answer)


job = {"type": "csv.summarize", "payload": {"csv": "city,people\nOslo,709\nBergen,291\n"}, "tags": ["a b"]}
created, location, _ = call("POST", f"/v1/tenants/{tenant}/jobs", job)
answered, _, result = call("GET", f"{location}/result?wait=20")
listed, _, page = call("GET", f"/v1/tenants/{tenant}/jobs?tag=a%20b&limit=10")
print(json.dumps([created, answered, result["status"], result["result"]["rows"], listed, len(page["jobs"])]))
