"""Enumerations of the API; each value is the text the server sends.

Members are called as in the API, those that it does not write in capitals also as Python would.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class BlobsStorageType(StrEnum):
    """Where the server keeps images that belong to objects."""

    DATABASE = "DATABASE"
    FILESYSTEM = "FILESYSTEM"


class BulkUpdateIdMode(StrEnum):
    """Whether a list of a bulk update replaces, joins or leaves the present one."""

    SET = "SET"
    ADD = "ADD"
    REMOVE = "REMOVE"


class CircumcisedEnum(StrEnum):
    """Circumcision of a performer (`CircumisedEnum` before 0.31)."""

    CUT = "CUT"
    UNCUT = "UNCUT"


class CriterionModifier(StrEnum):
    """How a criterion compares."""

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
    """Which kind of object a saved filter is for."""

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
    """What identify does with a field that has a value already."""

    IGNORE = "IGNORE"
    MERGE = "MERGE"
    OVERWRITE = "OVERWRITE"


class ImageLightboxDisplayMode(StrEnum):
    """How an image fits the lightbox."""

    ORIGINAL = "ORIGINAL"
    FIT_XY = "FIT_XY"
    FIT_X = "FIT_X"


class ImageLightboxScrollMode(StrEnum):
    """What the mouse wheel does in the lightbox."""

    ZOOM = "ZOOM"
    PAN_Y = "PAN_Y"


class ImportDuplicateEnum(StrEnum):
    """What an import does with an object that exists."""

    IGNORE = "IGNORE"
    OVERWRITE = "OVERWRITE"
    FAIL = "FAIL"


class ImportMissingRefEnum(StrEnum):
    """What an import does with a reference to an object that does not exist."""

    IGNORE = "IGNORE"
    FAIL = "FAIL"
    CREATE = "CREATE"


class JobStatus(StrEnum):
    """Where a job is in its life; FAILED exists since 0.26."""

    READY = "READY"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    STOPPING = "STOPPING"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class JobStatusUpdateType(StrEnum):
    """Whether a job was queued, moved on or left the queue."""

    ADD = "ADD"
    REMOVE = "REMOVE"
    UPDATE = "UPDATE"


class LogLevel(StrEnum):
    """How serious a log entry is."""

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
    """What a package installs."""

    Scraper = "Scraper"
    Plugin = "Plugin"
    SCRAPER = "Scraper"
    PLUGIN = "Plugin"


class PluginSettingTypeEnum(StrEnum):
    """What kind of value a plugin setting takes."""

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
    """What a scraper finds."""

    GALLERY = "GALLERY"
    IMAGE = "IMAGE"
    MOVIE = "MOVIE"
    GROUP = "GROUP"
    PERFORMER = "PERFORMER"
    SCENE = "SCENE"


class ScrapeType(StrEnum):
    """What a scraper starts from."""

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
    """Whether the server is usable, needs set-up or needs a migration."""

    SETUP = "SETUP"
    NEEDS_MIGRATION = "NEEDS_MIGRATION"
    OK = "OK"
