from __future__ import annotations

from dataclasses import replace

from xaimed.data.folder import Folder
from xaimed.data.published import PATIENTS, PICTURES, WHOLE, differences


class Known:
    def __init__(self, manifest, counts):
        self.table, self.counts = manifest, counts

    def manifest(self):
        return self.table

    def published(self):
        return self.counts


def test_only_what_differs_is_said(table_manifest):
    manifest = table_manifest(["a", "a", "b"], groups=[1, 1, 2], classes=("a", "b"))
    manifest = replace(manifest, frame=manifest.frame.assign(split=["train", "test", "train"]))
    counts = {WHOLE: {PICTURES: 3, PATIENTS: 3, "a": 2}, "train": {"a": 5, "b": 1}, "val": {"a": 1}}
    assert differences(Known(manifest, counts), manifest) == [
        "2 patients, where 3 were published",
        "train: 1 picture of 'a', where 5 were published",
        "val: 0 pictures of 'a', where 1 was published",
    ]


def test_a_source_that_knows_no_counts_has_no_differences(class_folder):
    source = Folder(class_folder(a=1, b=2))
    assert differences(source, source.manifest()) == []
