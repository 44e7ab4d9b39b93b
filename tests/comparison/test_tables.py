import csv
import io

import numpy as np
import pytest

from portrait_matting.comparison.numbers import COST
from portrait_matting.comparison.tables import compare_csv, summary


def test_what_is_printed_has_the_ranked_table_a_sentence_for_each_arm_and_what_was_left_out(rankings):
    text = summary(rankings, "mad", rankings["mad"], ["wide 7 failed: no room"])
    lines = text.splitlines()
    head = next(line for line in lines if "seeds" in line and "IoU" in line)
    first, second = lines[lines.index(head) + 1 :][:2]
    for label in ("MAD", "MAD in the band", *COST.values(), "MAD against width=0.5"):
        assert label in head
    assert first.split()[:2] == ["1", "width=0.5"]
    assert first.endswith("reference")
    assert {"50", "1,234", "1.5"} <= set(first.split())  # seconds, of the processor, GiB
    assert second.split()[:2] == ["2", "width=2"]
    assert second.endswith(f"{rankings['mad'].rows[1].against.value:+.4f}  worse")
    assert len([line for line in lines if line.startswith("width=2 has a worse MAD than width=0.5")]) == 1
    assert lines[-2:] == ["left out:", "  wide 7 failed: no room"]


def test_the_csv_has_a_row_for_each_metric_of_each_arm(rankings):
    rows = list(csv.DictReader(io.StringIO(compare_csv(rankings))))
    assert [(one["arm"], one["figure"]) for one in rows] == [
        (name, metric) for metric in ("mad", "band_mad", "iou", "max_f") for name in ("width=0.5", "width=2")
    ]
    first, second = rows[:2]
    assert (first["loss.width"], second["loss.width"]) == ("0.5", "2.0")
    assert (first["rank"], second["rank"]) == ("1", "2")
    mean = np.mean([run.scores["mad"].mean() for run in rankings["mad"].rows[0].arm.runs])
    assert float(first["mean"]) == pytest.approx(mean, rel=1e-5)
    assert (first["seeds"], first["images"], first["peak_memory_gib"]) == ("2", "12", "1.5")
    assert (first["reference"], first["difference"], first["differs"]) == ("width=0.5", "", "")
    assert float(second["difference"]) == pytest.approx(0.2, abs=1e-3)
    assert float(second["low"]) < float(second["difference"]) < float(second["high"])
    assert (second["differs"], second["paired_seeds"], second["paired_images"]) == ("true", "2", "12")
    untested = rows[-1]
    assert untested["difference"]
    assert (untested["p"], untested["differs"]) == ("", "")
