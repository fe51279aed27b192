"""What do the lumbar MRIs hold? Healthy spines, herniated disks, stenosis and spondylosis, one folder each."""

from __future__ import annotations

from pathlib import Path

from xaimed.data.folder import Folder
from xaimed.data.manifest import Manifest
from xaimed.data.published import Counts
from xaimed.data.task import Kind
from xaimed.data.walking import absolute, existing_folder
from xaimed.errors import DataError

CLASSES = ("Healthy", "Herniated Disk", "Spinal Stenosis", "Spondylosis")

OBTAIN = (
    "The pictures of the lumbar paper come from institutions and public sources and are not published with it. "
    "Give as dataset.root a folder with one folder of pictures per class: " + ", ".join(CLASSES) + "."
)


class LumbarMRI:
    """Lumbar MRIs in the four classes of the lumbar paper; neither counts nor a split nor patients are published.

    Args:
        root: the folder that holds the class folders, or split folders (train, val, test) above them.
        group_pattern: regular expression that finds the patient in a file name; by default every picture is a patient
            of its own.
        masks: name of a folder in ``root`` with evidence masks at the same relative paths as the pictures.
        dicom_tags: whether the headers of DICOM files become columns.
        name: what the dataset is called.
    """

    def __init__(
        self,
        root: str | Path,
        group_pattern: str | None = None,
        masks: str | None = None,
        dicom_tags: bool = False,
        name: str = "lumbar_mri",
    ) -> None:
        self.root = absolute(root)
        self.folder = Folder(self.root, Kind.MULTICLASS.value, CLASSES, group_pattern, masks, dicom_tags, name)

    def published(self) -> Counts:
        """Nothing: the paper counts neither pictures nor patients."""
        return {}

    def manifest(self) -> Manifest:
        """One row per picture."""
        existing_folder(self.root, OBTAIN)
        if not any(folder.name in CLASSES for folder in (*self.root.glob("*"), *self.root.glob("*/*"))):
            raise DataError("none of the class folders is there", where=self.root, fix=OBTAIN)
        return self.folder.manifest()
