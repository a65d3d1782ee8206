"""The service keeps to its OpenAPI document, as schemathesis tries it."""

import pytest
from hypothesis import HealthCheck, settings

schemathesis = pytest.importorskip("schemathesis")

from stance.service.app import create_app
from stance.service.live import Live

# What no schema can say makes a request of the right shape a 422: a page without text, no date to sum up by.
# More items than allowed are a 413, as more sentences are, which schemathesis does not take for a refusal by itself.
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "403", "409", "422"]},
            "negative_data_rejection": {"expected-statuses": ["400", "405", "413", "415", "422"]},
        }
    }
)
HEADERS = {"host": "localhost"}
schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(Live()), config=CONFIG, headers=HEADERS)


@schema.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("default")
def test_answers_keep_to_the_document(case):
    case.call_and_validate(headers=HEADERS)


def test_the_document_names_every_limit():
    score = schema.raw_schema["paths"]["/v1/score"]["post"]
    assert {"200", "400", "408", "413", "415", "422", "429"} <= set(score["responses"])
    assert len(score["requestBody"]["content"]["application/json"]["examples"]) >= 4
