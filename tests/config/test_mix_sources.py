import pytest
from omegaconf import OmegaConf

from portrait_matting.config.command_line import read_overrides
from portrait_matting.config.compose import compose
from portrait_matting.config.mix_sources import settle_sources
from portrait_matting.errors import InputError

MINE = ["data.sources.mine.data=folder", "data.sources.mine.root=somewhere", "data.sources.mine.share=0.2"]


def sources(*overrides, recipe="train"):
    return OmegaConf.to_container(compose(["data=mix", *overrides], recipe=recipe).data.sources)


def test_without_a_word_drawn_portraits_take_part_alone():
    found = sources()
    assert list(found) == ["drawn"]
    assert found["drawn"]["train"] is None
    assert found["drawn"]["val"] == 32  # of conf/data/synthetic.yaml
    assert sources(recipe="evaluate") == found


def test_a_source_takes_part_when_it_has_a_root():
    found = sources("data.sources.real.root=portraits", "data.sources.drawn.share=0.3")
    assert list(found) == ["drawn", "real"]
    assert found["drawn"]["share"] == 0.3
    assert found["real"]["targets"] == "auto"  # of conf/data/easyportrait.yaml
    assert found["real"]["root"] == "portraits"


def test_people_take_part_when_they_have_a_share():
    pytest.importorskip("numba")
    found = sources("data.sources.people.share=1", "data.sources.people.pieces.hair=false")
    assert list(found) == ["drawn", "people"]
    assert found["people"]["pieces"]["hair"] is False
    assert found["people"]["pieces"]["beards"] is True


@pytest.mark.parametrize("plus", ["", "+", "++"])
def test_a_source_of_ones_own(plus):
    found = sources(*(f"{plus}{override}" for override in MINE))
    assert found["mine"]["root"] == "somewhere"
    assert found["mine"]["val_share"] == 0.1
    whole = sources("data.sources.mine={data:folder,root:somewhere,share:0.2}")
    assert whole == found


@pytest.mark.parametrize("away", ["data.sources.drawn=null", "~data.sources.drawn", "data.sources.drawn.share=null"])
def test_a_source_is_left_out(away):
    assert list(sources(*MINE, away)) == ["mine"]


def test_a_key_that_is_known_nowhere_else_needs_no_plus():
    assert sources("data.sources.drawn.height=64")["drawn"]["height"] == 64


def test_paths_of_sources_are_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert sources("data.sources.real.root=~/x")["real"]["root"] == f"{tmp_path}/x"
    assert sources("data.sources.real.root=a=b")["real"]["root"] == "a=b"
    people = read_overrides(["data.sources.people.backgrounds=a, b"])
    assert people == ["++data.sources.people.backgrounds='a, b'"]


def test_one_folder_of_backgrounds_for_all():
    given = ["data.sources.cutouts.root=cut", "data.backgrounds=photos"]
    assert compose(["data=mix", *given]).data.sources.cutouts.backgrounds == "photos"
    own = compose(["data=mix", *given, "data.sources.cutouts.backgrounds=others"])
    assert own.data.sources.cutouts.backgrounds == "others"


def test_an_augmentation_of_its_own_by_name():
    strong = ["data.sources.drawn.augment=strong", "hardware.input_size=48"]
    found = compose(["data=mix", *strong])
    own = found.data.sources.drawn.augment
    assert own[0].size == [48, 48]
    assert len(own) == len(compose(["augment=strong"]).augment.transforms)
    [replaced] = [transform for transform in own if "ReplaceBackground" in transform._target_]
    assert replaced.backgrounds is None
    assert sources("data.sources.drawn.augment=none")["drawn"]["augment"] == []
    assert sources()["drawn"]["augment"] is None  # that of the run
    run = compose(["data=mix", *strong, "augment=strong", "augment.backgrounds=photos"])
    assert "photos" in [transform.get("backgrounds") for transform in run.data.sources.drawn.augment]


def test_a_recipe_that_is_complete_stays_as_it_is():
    first = compose(["data=mix", *MINE, "data.sources.drawn.augment=light"])
    for resolve in (False, True):
        again = OmegaConf.create(OmegaConf.to_container(first, resolve=resolve))
        before = OmegaConf.to_container(again, resolve=True)
        settle_sources(again)
        assert OmegaConf.to_container(again, resolve=True) == before


@pytest.mark.parametrize(
    "overrides, words",
    [
        (["data.sources.drawn.share=0"], r"data\.sources\.drawn\.share=0 is no share"),
        (["data.sources.drawn.share=-1"], r"share=-1 is no share"),
        (["data.sources.drawn.share=nan"], r"share=nan is no share"),
        (["data.sources.drawn.share=50%"], r"share=50% is no share"),
        (["data.sources.drawn.share=true"], r"share=True is no share"),
        (["data.sources.drawn=null"], "no source that takes part"),
        (["data.sources=null"], "data.sources=null is no table"),
        (["data.sources=[drawn]"], "data.sources"),
        (["data.sources.drawn=0.5"], r"data\.sources\.drawn=0\.5 is no source: give its keys"),
        (["data.sources.mine.data=foldr"], "mine.data=foldr is no kind of source: give one of cutouts, easyp"),
        (["data.sources.mine.data=mix"], "mine.data=mix is no kind of source"),
        (["data.sources.rael.root=x"], r"rael\.data is missing: did you mean real\?"),
        (MINE[:1] + MINE[2:], r"data\.sources\.mine\.root is missing: give data\.sources\.mine\.root="),
        (MINE[:2], r"data\.sources\.mine\.share is missing: .*need not sum to 1"),
        (["data.sources.real.rot=x"], r"real\.rot is no key of .*easyportrait: did you mean data\.sources\.real\.root"),
        (["data.sources.drawn.input_size=8"], r"drawn\.input_size is no key of"),
        (["data.sources.drawn.loading=8"], r"drawn\.loading is no key of"),
        (["data.sources.drawn.height=tall"], r"data\.sources\.drawn\.height='tall' is a str; give int"),
        (["data.sources.drawn.train=many"], r"data\.sources\.drawn\.train='many'"),
        (["data.sources.drawn.augment=storng"], r"augment=storng is no choice of augmentation: did you mean strong"),
        (["data.sources.real.root="], r"data\.sources\.real\.root= is empty"),
        (["data.sources.Drawn={data:synthetic,share:1}"], "drawn and Drawn, which are one name"),
        (["data.sources.1={data:synthetic,share:1}"], "'1', which is no name of a source"),
        (["data.sources.mine.root=a", "data.sources.mine.root=b"], r"mine\.root is given twice, a and b"),
        (["+data.sources.mine.data=folder", "+data.sources.mine.data=cutouts"], r"mine\.data is given twice"),
        (["data.sources.a/b.data=folder"], "^data.sources.a/b.data=folder has no key"),
        (["data.length=2.5"], r"data\.length=2\.5 is a float; give int"),
    ],
)
def test_what_cannot_be_is_one_line(overrides, words):
    with pytest.raises(InputError, match=words) as error:
        sources(*overrides)
    assert "\n" not in str(error.value)


def test_sources_are_of_a_mix():
    with pytest.raises(InputError, match=r"data\.sources is no key of .*: it is of data=mix: give that as well"):
        compose(["data.sources.drawn.share=1"])


def test_a_plan_depends_on_no_data():
    with pytest.raises(InputError, match="data=mix: a plan depends on no data: leave it out"):
        compose(["data=mix"], recipe="plan")
