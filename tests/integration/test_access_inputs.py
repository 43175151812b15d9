"""What a full grant shows of the goods that the granted record took, whose supplier granted nothing."""

from typing import Final

import pytest
from support.recipes import Secrets, secrets
from support.revising import amend, change
from support.sectors import Make

from ledger.core.record.kinds import Grant, GrantScope

BY_LOT: Final = ("/v1/lots", "/v1/footprint", "/v1/statement", "/v1/chain", "/v1/contributions", "/v1/gaps", "/v1/show")


def granted(chain: Secrets, scope: GrantScope | None) -> None:
    forge = chain.forge
    chain.inside.post([forge.signed(Grant(
        issuer=forge.id, nonce=forge.nonce(), depth="full", until="2034-12-31T00:00:00Z", purpose="audit",
        grantee=chain.rival.id, scope=scope))])


@pytest.mark.parametrize("whole", [False, True])
def test_answers_about_a_granted_lot_merge_its_inputs(whole: bool) -> None:
    """The record itself shows what the grantor emitted, so that its inputs together can be told by subtraction. An
    audit shows them one by one, since without them the grantee could not check the grantor's figure; and whoever was
    granted everything reads the grantor's list of received goods."""
    with secrets() as chain:
        forge, rival = chain.forge, chain.rival
        figures = [figure_of(chain, chain.steel), input_of(chain)]
        granted(chain, None if whole else GrantScope(lot=forge.name("gear")))
        for path in BY_LOT:
            name = "name" if path == "/v1/show" else "lot"
            answer = chain.callers.get(rival.id, path, {name: forge.name("gear")})
            assert answer.status_code == 200, (path, answer.text)
            assert not [figure for figure in figures if figure in answer.text], path
            assert chain.callers.get(rival.id, path, {name: chain.steel}).status_code == 404
        record = chain.callers.get(rival.id, f"/v1/records/{chain.digests['gear']}").json()
        assert [leaf["index"] for leaf in record["leaves"]] == [0, 1]
        audited = chain.callers.get(rival.id, "/v1/audit/entries", {"from": "0", "to": "1000"})
        assert figures[0] in audited.text
        received = chain.callers.get(rival.id, "/v1/received", {"organization": forge.id})
        assert (received.status_code == 200 and figures[0] in received.text) == whole


def figure_of(chain: Secrets, lot: str) -> str:
    return repr(chain.callers.get(chain.forge.id, "/v1/footprint", {"lot": lot}).json()["footprint"])


def input_of(chain: Secrets) -> str:
    """The part of the gear's figure that came with the steel."""
    answer = chain.callers.get(chain.forge.id, "/v1/footprint", {"lot": chain.forge.name("gear")}).json()
    return repr(answer["inputs"][0]["footprint"])


def test_the_kind_of_a_record_that_revised_ones_own_stays_hidden() -> None:
    """The public entry names it, as it names the new figure's time; only its issuer sees that it is an amendment."""
    with secrets() as chain:
        chain.inside.post([amend(chain.mill, change(chain.posted["steel"], activity=Make(co2="78.5")))])
        for who, record, kind in ((chain.mill, "steel", "amendment"), (chain.mill, "sent", "amendment"),
                                  (chain.forge, "sent", ""), (chain.forge, "gear", ""), (chain.buyer, "shipped", "")):
            answer = chain.callers.get(who.id, f"/v1/records/{chain.digests[record]}")
            (revision,) = answer.json()["revisions"]
            assert (revision["type"], "amendment" in answer.text) == (kind, bool(kind)), (who.id, record)
