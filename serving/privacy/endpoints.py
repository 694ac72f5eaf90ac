"""`/v1/erasures`: erase a customer, and list erasures."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Caller
from serving.privacy.erasing import Erasing
from serving.privacy.schemas import ErasureIn, ErasureOut, TombstonesOut, erasure_out, tombstones_out

After = Annotated[int, QueryParameter(ge=0, le=2**53, description="`next_after` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="Entries on a page")]

ERASED = {201: ResponseSpec(ErasureOut, description="Counts of what was erased", generate_examples=False)}


class ErasureController(Controller):
    """Erasures of this desk."""

    path = "/v1/erasures"
    tags = ["privacy"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows()]  # noqa: RUF012 (Litestar reads it from the class)

    @post(
        summary="Erase a customer",
        sync_to_thread=True,
        opt=CREATES,
        responses=ERASED | problem_responses(400, 404, 409, 422),
    )
    def erase(
        self,
        data: JSONBody[ErasureIn],
        erasing: NamedDependency[Erasing],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> ErasureOut:
        """Erase a customer's texts and identity; tickets stay, without texts. This cannot be undone.

        With an Idempotency-Key the counts are of the tables only, without `files` and `keys`: retries are the same.
        """
        write = receipt.keeping(erasure_out)
        erasure = erasing.erase(data.whose(), at=clock.now(), actor=caller.key_id, write=write)
        return erasure_out(erasure, files=not receipt.is_kept)

    @get(summary="List erased tickets", sync_to_thread=True, responses=problem_responses(400, body=False))
    def listed(self, erasing: NamedDependency[Erasing], after: After = 0, limit: Limit = 200) -> TombstonesOut:
        """List the ids of erased tickets, oldest first, so that other systems can follow."""
        return tombstones_out(erasing.listed(after, limit), limit)
