"""The one schema of all TOML files: layers, analyses, rules, maps, styles, project.toml. Unknown keys are errors."""

from qsgis.schema.analysis import Analysis, AnalysisFile, Case, Part
from qsgis.schema.base import Aspect, Better, Dimension, GeometryKind, Mode, Model, Named, Tier, Year
from qsgis.schema.layer import Checks, Condition, Deducted, Layer, LayerField, StandIn
from qsgis.schema.measure import (
    GROUND,
    LINES,
    SPATIAL,
    Area,
    By,
    Change,
    Commute,
    Count,
    Length,
    Measure,
    Operand,
    Reach,
    Sum,
    Supply,
)
from qsgis.schema.project import LayerSource, Override, ProjectFacts, ProjectFile, ValuesSource
from qsgis.schema.rules import Edition, Rules, Thresholds
from qsgis.schema.sheet import Sheet, SheetLayer, Style, StyleClass

__all__ = [
    "GROUND", "LINES", "SPATIAL", "Analysis", "AnalysisFile", "Area", "Aspect", "Better", "By", "Case",
    "Change", "Checks", "Commute", "Condition", "Count", "Deducted", "Dimension", "Edition", "GeometryKind", "Layer",
    "LayerField", "LayerSource", "Length", "Measure", "Mode", "Model", "Named", "Operand", "Override", "Part",
    "ProjectFacts", "ProjectFile", "Reach", "Rules", "Sheet", "SheetLayer", "StandIn", "Style", "StyleClass",
    "Sum", "Supply", "Thresholds", "Tier", "ValuesSource", "Year",
]  # fmt: skip
