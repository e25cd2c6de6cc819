import errno
import io
import os

import pytest

from agents.command_line import output, process
from agents.command_line.output import Output

pytestmark = pytest.mark.fast


class Gone(io.StringIO):
    """A stream whose reader goes away after a number of writes."""

    encoding = "ascii"

    def __init__(self, writes, error):
        super().__init__()
        self.left, self.error = writes, error

    def write(self, text):
        self.left -= 1
        if self.left < 0:
            raise self.error
        return super().write(text)


@pytest.mark.parametrize(
    "error", [BrokenPipeError(errno.EPIPE, "pipe"), OSError(errno.EIO, "terminal"), ValueError()]
)
def test_output_without_a_reader_is_dropped(error):
    stream = Gone(1, error)
    out = Output(stream)
    for _ in range(3):
        assert out.write("line\n") == 5
        out.flush()
    assert stream.getvalue() == "line\n"
    assert stream.left == -1, "it is not tried again"


def test_characters_that_the_encoding_lacks_are_replaced():
    stream = Gone(9, OSError())
    Output(stream).write("1 ± 2 \ud800\n")
    assert stream.getvalue() == "1 ? 2 ?\n"


def test_what_python_writes_at_exit_goes_nowhere():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stream:
        out = Output(stream)
        out.write("x" * 10)
        out.flush()
        stream.write("later")
        stream.flush()


def test_text_is_printed_as_it_is(capsys):
    output.console(soft_wrap=True).print("x [/b] [red] :smile: é")
    assert capsys.readouterr().out == "x [/b] [red] :smile: é\n"


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OSError, match="file"):
        process.check_writable(file / "cache")
    process.check_writable(tmp_path / "new" / "cache")
    assert not list((tmp_path / "new" / "cache").iterdir())
