"""Which sampler a model needs: an endpoint's, or one in this process."""

from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.harness.api.endpoints import endpoint_named, is_endpoint
from tpobench.harness.models.checkpoints import require_model_folder
from tpobench.harness.records import Model
from tpobench.harness.samplers.base import Listener, Load, Sampler

if TYPE_CHECKING:
    from tpobench.harness.api.client import Connect


def sampler_for(connect: "Connect", listener: Listener | None = None) -> Load:
    """How to load any model: an endpoint through the client that `connect` makes, a folder in this process. The
    `listener` hears outputs while they are written."""

    def load(model: Model) -> Sampler:
        if is_endpoint(model.name):
            from tpobench.harness.samplers.endpoint import EndpointSampler

            return EndpointSampler(connect(endpoint_named(model.name)), listener=listener)
        return local_sampler(model, listener)

    return load


def local_sampler(model: Model, listener: Listener | None = None) -> Sampler:
    """A sampler in this process. torch is imported here, so that commands without sampling stay quick."""
    require_model_folder(Path(model.folder))
    from tpobench.harness.samplers.local import LocalSampler

    return LocalSampler(model.folder, listener=listener)
