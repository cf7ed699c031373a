"""The words of GS1's Core Business Vocabulary 2.0, and how each may be written in a document.

A word stands bare (`receiving`), as the CBV's own web vocabulary (`https://ref.gs1.org/cbv/BizStep-receiving`), or in
its place stands a URI of the sender's own. A URI that only looks like the CBV's is a mistake, not an own word.
"""

import re
from functools import lru_cache

from ..types import EpcisError

WORD_CHARACTERS_MAX = 2_048

BUSINESS_STEPS = frozenset(
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""".split()  # noqa: SIM905
)
DISPOSITIONS = frozenset(
    """active available completeness_inferred completeness_verified conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
    mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed
    recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable
    unknown""".split()  # noqa: SIM905
)
TRANSACTIONS = frozenset(
    {
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    }
)
PLACES = frozenset({"owning_party", "possessing_party", "location"})
REASONS = frozenset({"did_not_occur", "incorrect_data"})
ALARMS = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
COMPONENTS = frozenset(
    """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude""".split()  # noqa: SIM905
)
MEASUREMENTS = frozenset(
    """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed
    SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux
    Wavenumber""".split()  # noqa: SIM905
)

_WORDS = {
    "business step": (BUSINESS_STEPS, "BizStep"),
    "disposition": (DISPOSITIONS, "Disp"),
    "kind of business transaction": (TRANSACTIONS, "BTT"),
    "kind of source or destination": (PLACES, "SDT"),
    "reason of an error": (REASONS, "ER"),
    "kind of sensor alarm": (ALARMS, ""),
    "component of a measurement": (COMPONENTS, "Comp"),
    "kind of measurement": (MEASUREMENTS, ""),
}
# `cbv:` before another name than GS1 gives its words is somebody's own, as the schema has it.
_GS1S_OWN = re.compile(
    r"urn:epcglobal:cbv:|https?://(?:ns|ref)\.gs1\.org/cbv/|cbv:(?:BizStep|Disp|BTT|SDT|ER|Comp)-|gs1:"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20]+", re.ASCII)


@lru_cache(maxsize=4096)
def fault_of(kind: str, word: str) -> str:
    """What is wrong with `word` as a `kind` of the vocabulary; "" when nothing is."""
    words, name = _WORDS[kind]
    if word in words:
        return ""
    own = _GS1S_OWN.match(word)
    bare = re.sub(r".*[/:]", "", word)
    if own and bare.removeprefix(f"{name}-") in words:
        return ""
    if own or not _URI.fullmatch(word):
        return f"{word[:80]!r} is not a {kind} of GS1's Core Business Vocabulary, nor a URI of your own."
    return ""


def check_word(kind: str, value: object) -> str:
    """`value` when it is a word of its `kind`; raises `EpcisError`."""
    if not isinstance(value, str):
        raise EpcisError(f"A {kind} is text, not {type(value).__name__}.")
    if len(value) > WORD_CHARACTERS_MAX:
        raise EpcisError(f"A {kind} has {WORD_CHARACTERS_MAX} characters at most.")
    fault = fault_of(kind, value)
    if fault:
        raise EpcisError(fault)
    return value
