"""Which curves will a run have? Known before it is trained, so that TensorBoard shows them as they grow."""

from __future__ import annotations

from xaimed.config.targets import instantiate
from xaimed.reporting.dashboard import LAYOUT, add_layout
from xaimed.studies.parts import asked_callbacks
from xaimed.studies.plan import Plan
from xaimed.studies.report import HPARAMS
from xaimed.training.monitors import measured


def lay_out(plan: Plan) -> None:
    """Write the charts of a run for TensorBoard, once, where TensorBoard is asked for."""
    folder = plan.run.path / HPARAMS
    asked = (node["_target_"] for node in (plan.config.get("logger") or {}).values())
    if any(folder.glob(f"*{LAYOUT}")) or not any(target.endswith(".TensorBoardLogger") for target in asked):
        return
    of_callbacks = [tag for callback in asked_callbacks(plan) for tag in getattr(callback, "tags", ())]
    add_layout(folder, [*measured(plan.manifest.task, instantiate(plan.config["objective"])), *of_callbacks])
