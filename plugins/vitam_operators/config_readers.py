"""The part of the platform file that says which clients of MongoDB may stay during a night, because they only read."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from vitam_operators.config_types import Strict

Text = Annotated[str, Field(min_length=1)]


def known_network(text: str) -> str:
    """
    Return an address or a network as it stands.

    :raises ValueError: it is neither
    """
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"is no address and no network such as '10.0.0.7' or '10.0.0.0/24' ({error})") from error
    return text


class Reader(Strict):
    """A client that may stay: it has all that is given here."""

    account: Text | None = Field(default=None, description="the account it logs in with")
    application: Text | None = Field(default=None, description="its name, as the look shows it: application or driver")
    address: Annotated[str, AfterValidator(known_network)] | None = Field(
        default=None, description="address or network that it comes from"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Reader:
        if self.account is self.application is self.address is None:
            raise ValueError("lets everybody through, give account, application or address")
        return self

    @property
    def network(self) -> IPv4Network | IPv6Network | None:
        """The network, of an address the network of this one alone."""
        return ip_network(self.address) if self.address else None

    def holds(self, address: str) -> bool:
        """Tell whether a client from an address may be this one; a name or a socket's path is in no network."""
        if self.network is None:
            return True
        try:
            return ip_address(address) in self.network
        except ValueError:
            return False


def _account_alone(value: Any) -> Any:
    return {"account": value} if isinstance(value, str) else value


AnyReader = Annotated[Reader, BeforeValidator(_account_alone, json_schema_input_type=Text | Reader)]
"""A reader; a text alone is its account."""
