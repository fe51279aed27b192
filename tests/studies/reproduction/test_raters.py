"""Trust scores of raters, their agreement, and a survey of mistakes, from a file as a survey would leave it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from support.studied import binary, lines, printed, stored_run, studied

from xaimed.errors import StoreError
from xaimed.studies.reproduction.ratings import answers_of, read_answers
from xaimed.studies.reproduction.tables.raters import Raters
from xaimed.studies.reproduction.tables.survey import Survey

HEADER = "rater,sample_id,model,explainer,question,answer,simulated"
SCORES = {  # ten cases; means 4.2, 4.5 and 4.3, as printed for CheXpert
    "anna": [4, 4, 4, 4, 4, 4, 4, 5, 5, 4],
    "bert": [4, 5, 4, 5, 4, 5, 4, 5, 5, 4],
    "cora": [4, 4, 4, 5, 4, 4, 4, 5, 5, 4],
}
RATERS = Raters("Trust", {"chexpert": ["ours"], "isic": ["later"]}, beside="table7", kappa="experts.all.kappa")
TRUTH = [0, 1, 0, 1]
PREDICTIONS = binary([0.9, 0.1, 0.8, 0.7], TRUTH)


def answer(rater, case, score, model="ours", explainer="fusion-aaaaaa", question="trust", simulated="false"):
    return f"{rater},{case:02d},{model},{explainer},{question},{score},{simulated}"


def write(folder, answers):
    (folder / "raters.csv").write_text("\n".join([HEADER, *answers]) + "\n")


@pytest.fixture
def ours(tmp_path):
    return stored_run(tmp_path, "resnet-1234", PREDICTIONS)


def asked(tmp_path, ours, **options):
    return studied({"ours": ours, "later": None}, folder=tmp_path, **options)


def everyone(**options):
    return [answer(who, case, score, **options) for who, scores in SCORES.items() for case, score in enumerate(scores)]


def test_the_printed_mean_and_spread_come_from_the_means_of_the_raters(tmp_path, ours):
    write(tmp_path, everyone())
    scores, _, beside = RATERS(asked(tmp_path, ours, paper=printed("hybrid")))
    assert scores.columns == ("Of", "Rated", "Rater 1", "Rater 2", "Rater 3", "Mean ± SD")
    assert lines(scores)[0] == ["chexpert", "10", "4.20", "4.50", "4.30", "4.33 ± 0.15"]
    assert lines(scores)[1][1:] == ["–"] * 5
    assert "chexpert: rater 1 is anna, rater 2 is bert, rater 3 is cora." in scores.notes
    mean, kappa = lines(beside)
    assert (mean[0], mean[2], mean[5]) == ("chexpert", "4.33 ± 0.15", "inside")
    assert (kappa[0], kappa[2]) == ("all raters", "0.82")


def test_agreement_is_that_of_scikit_learn(tmp_path, ours):
    write(tmp_path, everyone())
    _, agreement, *_ = RATERS(asked(tmp_path, ours))
    labels = [row[0] for row in lines(agreement)]
    assert labels == [
        "chexpert, raters 1 and 2", "chexpert, raters 1 and 3", "chexpert, raters 2 and 3", "chexpert, mean of pairs",
    ]  # fmt: skip
    for column, weights in ((2, None), (3, "linear"), (4, "quadratic")):
        expected = [cohen_kappa_score(SCORES[a], SCORES[b], labels=[1, 2, 3, 4, 5], weights=weights)
                    for a, b in (("anna", "bert"), ("anna", "cora"), ("bert", "cora"))]  # fmt: skip
        assert [row[column].mean for row in agreement.rows[:3]] == pytest.approx(expected)
        assert agreement.rows[3][column].mean == pytest.approx(np.mean(expected))
    assert [row[5] for row in lines(agreement)][:3] == ["–"] * 3
    assert agreement.rows[3][5].low < agreement.rows[3][5].mean < agreement.rows[3][5].high


def test_without_answers_every_cell_is_empty_and_says_what_fills_it(tmp_path, ours):
    (scores,) = RATERS(asked(tmp_path, ours, paper=printed("hybrid")))
    assert lines(scores) == [["chexpert", *["–"] * 5], ["isic", *["–"] * 5]]
    assert "raters.csv beside the study's page fills the empty cells" in scores.notes[-1]


def test_simulated_raters_are_stamped_wherever_they_stand(tmp_path, ours):
    write(tmp_path, everyone(simulated="True", model="resnet-1234"))
    scores, agreement, beside = RATERS(asked(tmp_path, ours, paper=printed("hybrid")))
    assert scores.title == "Trust (simulated raters)"
    assert agreement.title == "Trust: agreement of raters (simulated raters)"
    assert lines(scores)[0][2:] == ["4.20 (simulated)", "4.50 (simulated)", "4.30 (simulated)",
                                    "4.33 ± 0.15 (simulated)"]  # fmt: skip
    assert all(cell.endswith("(simulated)") for cell in lines(agreement)[0][2:5])
    assert {row[5] for row in lines(beside)} == {"not comparable: simulated raters"}


def test_other_questions_models_and_explainers_are_not_counted(tmp_path, ours):
    others = [answer("anna", 0, 1, question="clear"), answer("anna", 0, 1, model="other"),
              answer("anna", 0, 1, explainer="lime-bbbbbb")]  # fmt: skip
    write(tmp_path, [*everyone(), *others])
    fused = Raters("Trust", {"chexpert": ["ours"]}, explainer="fusion")
    assert lines(fused(asked(tmp_path, ours))[0])[0][-1] == "4.33 ± 0.15"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rater,sample_id\na,b", "no column 'model'"),
        ("\n".join([HEADER, answer("a", 0, 3, simulated="perhaps")]), "simulated is 'perhaps'"),
        ("\n".join([HEADER, answer("a", 0, 3), answer("a", 0, 4)]), "answered twice: rater a, sample_id 00"),
        ("", "no table can be read: No columns"),
        ("\n".join([HEADER, answer("a", 0, 3), answer("a", 1, 4) + ",more"]), "no table can be read: .*line 3"),
        ("\n".join([HEADER, '"' + answer("a", 0, 3)]), "no table can be read: .*EOF inside string"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, content, said):
    (tmp_path / "raters.csv").write_text(content + "\n")
    with pytest.raises(StoreError, match=said):
        read_answers(tmp_path / "raters.csv")


def test_a_file_of_another_encoding_is_refused(tmp_path):
    (tmp_path / "raters.csv").write_text(HEADER, encoding="utf-16")
    with pytest.raises(StoreError, match=r"no table can be read: .*utf-8.*Save it as CSV, in UTF-8"):
        read_answers(tmp_path / "raters.csv")


def test_answers_about_no_run_of_the_study_do_not_look_like_none(tmp_path, ours):
    write(tmp_path, everyone(model="oers"))
    with pytest.raises(StoreError, match=r"no answer is about a run.*'oers'.*Did you mean 'ours'"):
        RATERS(asked(tmp_path, ours))


def test_scores_off_the_scale_are_refused_and_blank_answers_left_out(tmp_path, ours):
    write(tmp_path, [*everyone(), answer("dora", 0, "")])
    assert "dora" not in " ".join(RATERS(asked(tmp_path, ours))[0].notes)
    write(tmp_path, [*everyone(), answer("dora", 0, 6)])
    with pytest.raises(StoreError, match=r"'6' to 'trust' is no number from 1 to 5.*rater dora"):
        RATERS(asked(tmp_path, ours))


def test_scores_between_whole_numbers_have_no_kappa(tmp_path, ours):
    write(tmp_path, [answer("anna", case, 3.5) for case in range(3)] + [answer("bert", case, 4) for case in range(3)])
    _, agreement = Raters("Trust", {"chexpert": ["ours"]})(asked(tmp_path, ours))
    assert lines(agreement)[0][2:5] == ["–"] * 3


SURVEY = Survey(
    "Expert",
    {"vgg16": "ours"},
    {"diagnosis": "Names the label", "attention": "Looks at what matters"},
    beside="survey",
    failed={"attention": "failed"},
)


def test_a_survey_counts_who_says_yes_and_who_names_the_label(tmp_path, ours):
    said = [("diagnosis", 0, "N"), ("diagnosis", 1, "n"), ("attention", 0, "yes"), ("attention", 1, "No"),
            ("attention", 2, "no")]  # fmt: skip
    write(tmp_path, [answer("anna", case, what, question=question) for question, case, what in said])
    shown, beside = SURVEY(asked(tmp_path, ours, paper=printed("spine")))
    assert lines(shown) == [["Ours", "3 of 4", "3", "1 of 2", "1 of 3"]]
    (line,) = lines(beside)
    assert line[1:3] == ["Looks at what matters: no (%)", "2 of 3"]
    assert line[3].startswith("66.7 (20.8 to 93.9")
    assert line[5] == "inside"


def test_a_survey_that_nobody_answered_still_counts_the_mistakes(tmp_path, ours):
    (shown,) = SURVEY(asked(tmp_path, ours))
    assert lines(shown) == [["Ours", "3 of 4", "–", "–", "–"]]
    assert any("Nobody has rated yet" in note for note in shown.notes)
    assert SURVEY(studied({"ours": None})) == []
    write(tmp_path, [answer("anna", 0, "maybe", question="attention")])
    with pytest.raises(StoreError, match="'maybe' is neither yes nor no nor a class"):
        SURVEY(asked(tmp_path, ours))


def test_two_who_judge_the_same_cases_are_no_more_cases_and_what_is_right_is_left_out(tmp_path, ours):
    said = [(who, case) for who in ("anna", "bert") for case in (0, 1, 2, 3)]  # case 3 is right
    write(tmp_path, [answer(who, case, "no" if who == "anna" else "yes", question="attention") for who, case in said])
    shown, beside = SURVEY(asked(tmp_path, ours, paper=printed("spine")))
    assert lines(shown) == [["Ours", "3 of 4", "3", "–", "3 of 6"]]
    assert lines(beside)[0][3] == "50.0 (20.8 to 93.9)"  # as wide as of two of three, not of three of six


def test_a_rehearsal_invents_answers_and_says_so_wherever_they_stand(tmp_path, ours):
    maps = ours.fold(0).path / "explanations" / "fusion-aaaaaa" / "maps.npz"
    maps.parent.mkdir(parents=True)
    maps.touch()
    results = asked(tmp_path, ours, raters=2)
    invented = answers_of(results)
    assert invented.simulated
    assert invented.raters == ["simulated 1", "simulated 2"]
    assert set(pd.to_numeric(invented.to("trust").frame["answer"])) <= set(range(1, 6))
    assert invented.frame.equals(answers_of(results).frame)  # the same every time
    assert not set(lines(RATERS(results)[0])[0][2:4]) & {"–"}
    assert RATERS(results)[0].title == "Trust (simulated raters)"
    write(tmp_path, everyone())
    assert not answers_of(results).simulated  # somebody has rated
