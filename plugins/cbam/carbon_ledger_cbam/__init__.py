"""CBAM: embedded emissions of the goods of an installation in a reporting period."""

from carbon_ledger_cbam.exchange import exchange as exchange
