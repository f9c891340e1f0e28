"""What all models of the schema share: closed, frozen, named in Chinese and English."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from qsgis.messages import choose

GeometryKind = Literal["polygon", "line", "point", "table", "raster"]
Better = Literal["higher", "lower", "not_lower", "ceiling", "context"]
Dimension = Literal["安全", "创新", "协调", "绿色", "开放", "共享"]
Aspect = Literal["战略定位", "底线管控", "规模结构", "空间布局", "支撑系统", "实施保障"]
Tier = Literal["基本", "推荐", "自选"]
Mode = Literal["walk", "bike", "drive", "transit", "radius"]
Year = Literal["current", "base"] | int
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Model(BaseModel):
    """Closed: an unknown key is an error; values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Named(Model):
    """A thing with an id (the file's name) and a name in Chinese and English."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    name_en: str | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)
