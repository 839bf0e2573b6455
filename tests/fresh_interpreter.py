"""Scripts in an interpreter that has loaded large libraries, and nothing of netrazor: loaded once, then forked."""

import functools
import json
import subprocess
import sys

# Reads a script a line, runs it in a fork, and answers with its exit code and what it printed.
SERVER = """
import json, os, sys, tempfile, traceback
import matplotlib, numpy, pydantic, rich, scipy.optimize, scipy.special, scipy.stats, torch
for line in sys.stdin:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
            code = 1
            try:
                exec(json.loads(line), {"__name__": "__main__"})
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush(), sys.stderr.flush(), os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0), err.seek(0)
        print(json.dumps([os.waitstatus_to_exitcode(status), out.read(), err.read()]), flush=True)
"""


def in_a_fork(script: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a script."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(script) + "\n")
    server.stdin.flush()
    code, printed, errors = json.loads(server.stdout.readline())
    return code, printed, errors


@functools.cache
def _server() -> "subprocess.Popen[str]":
    """The loaded interpreter; it ends with this process, when its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
