"""A contract of the house that import-linter does not bring: a package's `models` are its own affair."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class PrivateModels(Contract):
    """Nothing outside a package imports its `models`; rows never cross a border, frozen dataclasses do."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = []
        for module in sorted(graph.modules):
            package, _, name = module.rpartition(".")
            if name != "models":
                continue
            for importer in sorted(graph.find_modules_that_directly_import(module)):
                if not importer.startswith(f"{package}."):
                    broken.append((importer, module))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, module in check.metadata["broken"]:
            output.print_error(f"{importer} imports {module}", bold=False)
