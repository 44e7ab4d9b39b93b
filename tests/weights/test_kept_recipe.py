from portrait_matting.weights.kept_recipe import ROOTS, kept_recipe, root_digests

MODEL = {"_target_": "a.b", "weights": "/secret/first.ckpt", "normalisation": "half"}


def test_what_rebuilds_the_network_is_kept_and_no_path(tmp_path):
    data = {"_target_": "c.D", "root": str(tmp_path / "anna"), "sources": {"real": {"root": str(tmp_path / "bert")}}}
    kept = kept_recipe(
        {"model": MODEL, "hardware": {"input_size": 72, "workers": 3}, "data": data, "run_dir": "runs/x"}
    )
    assert kept["model"] == MODEL | {"weights": None}
    assert kept["hardware"] == {"input_size": 72}
    assert kept["data"]["_target_"] == "c.D"
    assert not any(word in str(kept) for word in ("anna", "bert", "secret", "runs"))


def test_data_is_known_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = kept_recipe({"model": MODEL, "data": {"_target_": "c.D", "root": "anna"}})["data"]
    assert root_digests(theirs) == root_digests({"root": tmp_path / "anna"}) != root_digests({"root": "bert"})
    assert root_digests(kept_recipe({"model": MODEL, "data": theirs})["data"]) == root_digests(theirs)


def test_weights_of_another_project_have_no_more():
    assert kept_recipe({"model": MODEL, "hardware": {"input_size": 320}}).keys() == {"model", "hardware"}
    assert root_digests({"root": None, "length": 3}) == set()
    assert ROOTS not in kept_recipe({"model": MODEL, "data": {"_target_": "drawn"}})["data"]
