"""Enumerations of the API; each value is the text that the server sends.

Members are called as in the API, those that it does not write in capitals also as Python would.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import ClassVar


class BlobsStorageType(StrEnum):
    """Storage of the images of objects: the database or a folder."""

    DATABASE = "DATABASE"
    FILESYSTEM = "FILESYSTEM"


class BulkUpdateIdMode(StrEnum):
    """Operation of a bulk update on a list: SET, ADD or REMOVE."""

    SET = "SET"
    ADD = "ADD"
    REMOVE = "REMOVE"


class CircumcisedEnum(StrEnum):
    """Circumcision of a performer (`CircumisedEnum` before 0.31)."""

    CUT = "CUT"
    UNCUT = "UNCUT"


class CriterionModifier(StrEnum):
    """Comparison operator of a criterion."""

    EQUALS = "EQUALS"
    NOT_EQUALS = "NOT_EQUALS"
    GREATER_THAN = "GREATER_THAN"
    LESS_THAN = "LESS_THAN"
    IS_NULL = "IS_NULL"
    NOT_NULL = "NOT_NULL"
    INCLUDES_ALL = "INCLUDES_ALL"
    INCLUDES = "INCLUDES"
    EXCLUDES = "EXCLUDES"
    MATCHES_REGEX = "MATCHES_REGEX"
    NOT_MATCHES_REGEX = "NOT_MATCHES_REGEX"
    BETWEEN = "BETWEEN"
    NOT_BETWEEN = "NOT_BETWEEN"


class FilterMode(StrEnum):
    """Type of the objects that a saved filter finds."""

    SCENES = "SCENES"
    PERFORMERS = "PERFORMERS"
    STUDIOS = "STUDIOS"
    GALLERIES = "GALLERIES"
    SCENE_MARKERS = "SCENE_MARKERS"
    MOVIES = "MOVIES"
    GROUPS = "GROUPS"
    TAGS = "TAGS"
    IMAGES = "IMAGES"


class GenderEnum(StrEnum):
    """Gender of a performer."""

    MALE = "MALE"
    FEMALE = "FEMALE"
    TRANSGENDER_MALE = "TRANSGENDER_MALE"
    TRANSGENDER_FEMALE = "TRANSGENDER_FEMALE"
    INTERSEX = "INTERSEX"
    NON_BINARY = "NON_BINARY"


class HashAlgorithm(StrEnum):
    """The hash that generated files are named after."""

    MD5 = "MD5"
    OSHASH = "OSHASH"


class IdentifyFieldStrategy(StrEnum):
    """Treatment of fields that have a value, by identify."""

    IGNORE = "IGNORE"
    MERGE = "MERGE"
    OVERWRITE = "OVERWRITE"


class ImageLightboxDisplayMode(StrEnum):
    """Scaling of an image in the lightbox."""

    ORIGINAL = "ORIGINAL"
    FIT_XY = "FIT_XY"
    FIT_X = "FIT_X"


class ImageLightboxScrollMode(StrEnum):
    """Effect of the mouse wheel in the lightbox."""

    ZOOM = "ZOOM"
    PAN_Y = "PAN_Y"


class ImportDuplicateEnum(StrEnum):
    """Treatment of objects that exist, by an import."""

    IGNORE = "IGNORE"
    OVERWRITE = "OVERWRITE"
    FAIL = "FAIL"


class ImportMissingRefEnum(StrEnum):
    """Treatment of references to missing objects, by an import."""

    IGNORE = "IGNORE"
    FAIL = "FAIL"
    CREATE = "CREATE"


class JobStatus(StrEnum):
    """State of a job; FAILED exists since 0.26."""

    READY = "READY"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    STOPPING = "STOPPING"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class JobStatusUpdateType(StrEnum):
    """Event of a job: added to the queue, updated, or removed from it."""

    ADD = "ADD"
    REMOVE = "REMOVE"
    UPDATE = "UPDATE"


class LogLevel(StrEnum):
    """Severity of a log entry."""

    Trace = "Trace"
    Debug = "Debug"
    Info = "Info"
    Progress = "Progress"
    Warning = "Warning"
    Error = "Error"
    TRACE = "Trace"
    DEBUG = "Debug"
    INFO = "Info"
    PROGRESS = "Progress"
    WARNING = "Warning"
    ERROR = "Error"


class OrientationEnum(StrEnum):
    """Shape of a picture: wider, higher, or neither."""

    LANDSCAPE = "LANDSCAPE"
    PORTRAIT = "PORTRAIT"
    SQUARE = "SQUARE"


class PackageType(StrEnum):
    """Content of a package: a scraper or a plugin."""

    Scraper = "Scraper"
    Plugin = "Plugin"
    SCRAPER = "Scraper"
    PLUGIN = "Plugin"


class PluginSettingTypeEnum(StrEnum):
    """Type of the value of a plugin setting."""

    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"


class PreviewPreset(StrEnum):
    """Encoder speed for generated previews."""

    ultrafast = "ultrafast"
    veryfast = "veryfast"
    fast = "fast"
    medium = "medium"
    slow = "slow"
    slower = "slower"
    veryslow = "veryslow"
    ULTRAFAST = "ultrafast"
    VERYFAST = "veryfast"
    FAST = "fast"
    MEDIUM = "medium"
    SLOW = "slow"
    SLOWER = "slower"
    VERYSLOW = "veryslow"


class ResolutionEnum(StrEnum):
    """Bands of picture height; bounds apply to the shorter side."""

    __deprecated_values__: ClassVar = {"VR_HD": "Use 4K instead"}

    VERY_LOW = "VERY_LOW"
    LOW = "LOW"
    R360P = "R360P"
    STANDARD = "STANDARD"
    WEB_HD = "WEB_HD"
    STANDARD_HD = "STANDARD_HD"
    FULL_HD = "FULL_HD"
    QUAD_HD = "QUAD_HD"
    VR_HD = "VR_HD"
    FOUR_K = "FOUR_K"
    FIVE_K = "FIVE_K"
    SIX_K = "SIX_K"
    SEVEN_K = "SEVEN_K"
    EIGHT_K = "EIGHT_K"
    HUGE = "HUGE"


class ScrapeContentType(StrEnum):
    """Type of the objects that a scraper finds."""

    GALLERY = "GALLERY"
    IMAGE = "IMAGE"
    MOVIE = "MOVIE"
    GROUP = "GROUP"
    PERFORMER = "PERFORMER"
    SCENE = "SCENE"


class ScrapeType(StrEnum):
    """Input of a scraper: a name, known fields, or a URL."""

    NAME = "NAME"
    FRAGMENT = "FRAGMENT"
    URL = "URL"


class SortDirectionEnum(StrEnum):
    """Direction of a sort."""

    ASC = "ASC"
    DESC = "DESC"


class StreamingResolutionEnum(StrEnum):
    """Largest picture that is streamed or transcoded."""

    LOW = "LOW"
    STANDARD = "STANDARD"
    STANDARD_HD = "STANDARD_HD"
    FULL_HD = "FULL_HD"
    FOUR_K = "FOUR_K"
    ORIGINAL = "ORIGINAL"


class SystemStatusEnum(StrEnum):
    """State of the server: ready, or in need of set-up or a migration."""

    SETUP = "SETUP"
    NEEDS_MIGRATION = "NEEDS_MIGRATION"
    OK = "OK"


class OnMultipleMatch(Enum):
    """Ids for a name that several objects have: none, all of them, or the first (no type of the API)."""

    RETURN_NONE = 0
    RETURN_LIST = 1
    RETURN_FIRST = 2
