"""What a record names, so that a batch's state can be loaded before its rules run."""

from ledger.core.records import (
    Acceptance,
    Activation,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    KeyChange,
    Organization,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.values import Output, Supply


class Names:
    """Identifiers by kind, collected from any number of records. `lots` are taken from, `new_lots` are created."""

    def __init__(self) -> None:
        self.organizations: set[str] = set()
        self.facilities: set[str] = set()
        self.products: set[str] = set()
        self.lots: set[str] = set()
        self.new_lots: set[str] = set()
        self.items: set[str] = set()
        self.declarations: set[str] = set()
        self.transfers: set[str] = set()
        self.prefixes: set[str] = set()
        self.keys_of: set[str] = set()

    def add(self, record: AnyRecord) -> None:
        self.organizations.add(record.issuer)
        match record:
            case Transformation():
                self.facilities.add(record.facility)
                self.lots.update([flow.lot for flow in record.inputs])
                self._outputs(record.outputs)
                self._supplies(record.supplies)
            case Transfer():
                self.organizations.add(record.to)
                self.lots.add(record.lot)
                self.new_lots.add(record.new_lot)
                self._supplies(record.transport)
                self._supplies(record.packaging)
            case Consumption():
                self.lots.update([flow.lot for flow in record.inputs])
                self._outputs(record.outputs)
                if record.on_behalf_of:
                    self.organizations.add(record.on_behalf_of)
            case Declaration():
                if record.lot:
                    self._outputs([record.lot])
            case Acceptance():
                self.transfers.add(record.transfer)
            case Product():
                self.products.add(record.id)
            case Facility():
                self.facilities.add(record.id)
            case Organization():
                self.organizations.update((record.id, record.parent or record.id))
                self.prefixes.update(record.prefixes)
            case KeyChange():
                self.organizations.add(record.organization)
                self.keys_of.add(record.organization)
            case Activation():
                pass

    def _outputs(self, outputs: list[Output]) -> None:
        for output in outputs:
            self.new_lots.add(output.lot)
            self.products.add(output.product)
            if output.item:
                self.items.add(output.item)

    def _supplies(self, supplies: list[Supply]) -> None:
        for supply in supplies:
            if supply.product:
                self.products.add(supply.product)
            if supply.declaration:
                self.declarations.add(supply.declaration)
