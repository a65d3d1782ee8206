import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from stance.model.corpus import read_labelled
from stance.model.params import Params
from stance.model.training import Training, train

ROOT = Path(__file__).parents[1]

# The first example of a test may load a model, and a busy machine takes its time: no deadline for one example.
settings.register_profile("stance", deadline=None)
settings.load_profile("stance")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes a minute or more (leave out with -m 'not slow')")


@pytest.fixture
def fastest() -> Callable[[Callable[[], object]], float]:
    """Processor seconds of the fastest of three calls, without the garbage of the tests before: what the work costs."""

    def measure(call: Callable[[], object]) -> float:
        gc.collect()
        gc.disable()
        try:
            return min(_seconds(call) for _ in range(3))
        finally:
            gc.enable()

    return measure


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


@pytest.fixture(scope="session")
def corpus():
    """Some 500 labelled statements with tone and scenario."""
    return read_labelled([ROOT / "data" / "corpus" / "ordinary-news-mix.jsonl"])


@pytest.fixture(scope="session")
def quick() -> Params:
    """Parameters without a search, for training in a second."""
    return Params(C=(1.0,), shape_weight=(1.0,), trend_weight=(0.0,), tone_alpha=(1.0,), folds=2, shape_min_df=3)


@pytest.fixture(scope="session")
def small(corpus, quick) -> Training:
    """A training on the small corpus: its table beside the estimators it was compiled from."""
    return train(corpus, quick, jobs=1)


@pytest.fixture(scope="session")
def small_path(small, tmp_path_factory) -> Path:
    """The small table in a file."""
    path = tmp_path_factory.mktemp("model") / "small.npz"
    small.table.save(path)
    return path
