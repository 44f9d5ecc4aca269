"""The clients of a run: judges and writers that cost money share one budget, servers of our own cost nothing."""

from tpobench.harness.api.budget import Budget, load_prices
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.tpo.config import ApiConfig


class RunClients:
    """Makes the clients of a run, with the limits of its configuration."""

    def __init__(self, api: ApiConfig) -> None:
        self._limits = api.limits()
        self._budget = api.budget()
        self._served_models = api.served_models

    def connect(self, endpoint: Endpoint) -> Client:
        """A client whose calls count towards the run's budget."""
        return Client(endpoint.served_under(self._served_models), self._limits, self._budget)

    def connect_own(self, endpoint: Endpoint) -> Client:
        """A client of a server that the run has started itself: its calls are not the judge's."""
        return Client(endpoint, self._limits, Budget(prices=load_prices()))
