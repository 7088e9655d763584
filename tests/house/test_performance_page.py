"""The page on performance shows the results that are committed, and no others."""

import json
from pathlib import Path

from bench import report, results

ROW = {"work", "unit", "raftpi", "etcd", "pysyncobj", "floor", "aim", "met"}


def test_the_table_is_that_of_the_results() -> None:
    page = report.PAGE.read_text()
    assert report.with_table(page, results.table(results.read())) == page


def test_the_results_say_where_and_with_what_they_were_had() -> None:
    found = json.loads(results.LATEST.read_text())
    assert {"machine", "versions", "rows"} <= set(found)
    assert {"raftpi", "etcd", "pysyncobj", "python", "pyzmq"} <= set(found["versions"])
    assert all(row.keys() >= ROW for row in found["rows"])


def test_every_picture_of_the_page_is_there() -> None:
    page = report.PAGE.read_text()
    names = [part.partition(")")[0] for part in page.split("](images/")[1:]]
    assert names
    assert [name for name in names if not (Path("docs/images") / name).exists()] == []
