"""Files that nothing reads: each is rejected under its own name, once."""

from pathlib import Path

from pipelines.ingest import ingest
from store.client import Store


def test_each_copy_of_a_file_that_nothing_reads_is_rejected_once(store: Store, tmp_path: Path) -> None:
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(b"\x07nothing reads this\x07")
    for _ in range(2):
        assert ingest([tmp_path], store, scope="fuzhou").rejected == 2
    rows = store.rows("SELECT source, count() AS times FROM rejects GROUP BY source ORDER BY source")
    assert rows == [{"source": str((tmp_path / name).resolve()), "times": 1} for name in ("a.bin", "b.bin")]
