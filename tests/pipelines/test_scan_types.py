"""Every type, read from a file in the encoding that Chinese offices write."""

import io

import polars as pl
import pytest

from dlp.kinds import Kind
from dlp.normal import normalised
from dlp.registry import KINDS
from dlp.spans import spans
from pipelines.delimited import delimited_frames


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.in_text], ids=lambda kind: kind.name)
def test_a_file_in_gb18030_hides_no_type(kind: Kind) -> None:
    rows = [f'"第{at}条：客户{example.replace(chr(34), "")}来访"' for at, example in enumerate(kind.examples)]
    text = "备注,姓名\n" + "\n".join(f"{row},张伟" for row in rows) + "\n"
    (read,) = delimited_frames(io.BytesIO(text.encode("gb18030")), is_name=lambda cell: cell == "备注")
    frame, rejected = read.frame, read.rejected
    texts = pl.DataFrame({"value": normalised(frame["备注"]), "rows": [1] * frame.height})
    assert rejected == 0
    assert spans(kind, texts)["at"].unique().to_list() == list(range(len(kind.examples)))
