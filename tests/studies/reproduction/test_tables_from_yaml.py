"""Every kind of table as a study's YAML names it: built by its target, shown on the page, written in three forms."""

import numpy as np
from omegaconf import OmegaConf
from support.studied import binary, found, printed, stored_run, studied

from xaimed.config.places import conf_dir
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.uncertainty import CRITICAL, MEASURES
from xaimed.reporting.html.survey import OF_MAPS, OF_PICTURES
from xaimed.studies.reproduction.page import shown, write_page

KINDS = "xaimed.studies.reproduction.tables"
NODES = f"""
explainers:
  _target_: {KINDS}.interpretability.Interpretability
  title: Explainers
  explainers: {{gradcam: gradcam, lime: lime}}
  beside: table6
  rows: [ours]
modules:
  _target_: {KINDS}.ablation.Ablation
  title: Modules
  rows:
    baseline: {{row: ours, is: no explanations}}
    gradcam: {{row: ours, explainer: gradcam}}
  measures: {{iou: iou}}
  rated: hts
  beside: table8
zones:
  _target_: {KINDS}.zones.Zones
  title: Zones
  explainers: [gradcam]
doubt:
  _target_: {KINDS}.shares.Shares
  title: Doubt
  outcomes: {{false positives: false_alarms}}
residuals:
  _target_: {KINDS}.residuals.Residuals
  title: Residuals
  beyond: [0.5, 0.9]
raters:
  _target_: {KINDS}.raters.Raters
  title: Raters
  groups: {{chexpert: [ours]}}
  scale: [1, 5]
survey:
  _target_: {KINDS}.survey.Survey
  title: Survey
  models: {{vgg16: ours}}
  questions: {{attention: Looks at what matters}}
trust:
  _target_: {KINDS}.trust.TrustTable
  title: Trust
"""


def test_studies_count_answers_that_a_questionnaire_asks_for():
    asked = {question.key for question in (*OF_PICTURES, *OF_MAPS)}
    counted = [
        table["questions"]
        for file in (conf_dir() / "study").glob("*.yaml")
        for table in OmegaConf.load(file).tables.values()
        if "questions" in table
    ]
    assert counted
    assert all(set(questions) <= asked for questions in counted)


def test_every_kind_is_written_in_three_forms(tmp_path):
    top = {"activation:top": Measure("Activation, top")}
    findings = [
        found("localisation", {"iou": Measure("IoU", "higher")}, {("gradcam-aaaaaa", "iou"): np.linspace(0, 1, 12)}),
        found("lung_zones", top, {("gradcam-aaaaaa", "activation:top"): [0.1] * 12}),
        found("uncertainty", MEASURES, {("gradcam-aaaaaa", CRITICAL): np.linspace(1, 0, 12)}),
    ]  # fmt: skip
    run = stored_run(tmp_path, "run", binary([0.95, 0.02, 0.9] * 4, [0, 1, 1] * 4), findings)
    nodes = OmegaConf.to_container(OmegaConf.create(NODES))
    results = studied({"ours": run}, paper=printed("hybrid"), folder=tmp_path, tables=nodes)
    page = write_page(results, shown(results), tmp_path).read_text()
    assert "not made" not in page
    stems = {file.stem.split("-")[0] for file in (tmp_path / "tables").iterdir()}
    assert stems == set(nodes)
    for name in nodes:
        assert {file.suffix for file in (tmp_path / "tables").glob(f"{name}*")} == {".md", ".csv", ".tex"}
