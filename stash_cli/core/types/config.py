"""Settings of the server by area: the result of `configuration`, and the inputs that change them."""

from __future__ import annotations

from typing import Generic, TypeVar, Union

from stash_cli.core.types import enums, links
from stash_cli.core.types.annotations import Map, Maybe, Nullable, PluginConfigMap
from stash_cli.core.types.base import ApiObject, StashInput, api, required
from stash_cli.core.unset import UNSET, UnsetType

T = TypeVar("T")
Null = TypeVar("Null", None, UnsetType)
"""None in inputs, where null leaves a setting as it is; in answers UnsetType, which adds nothing."""

Setting = Union[T, UnsetType, Null]
"""A setting that answers always have."""


class _General(ApiObject, Generic[Null]):
    """General settings in answers and inputs."""

    database_path: Setting[str, Null] = api("databasePath")
    backup_directory_path: Setting[str, Null] = api("backupDirectoryPath")
    delete_trash_path: Setting[str, Null] = api("deleteTrashPath")
    generated_path: Setting[str, Null] = api("generatedPath")
    metadata_path: Setting[str, Null] = api("metadataPath")
    scrapers_path: Setting[str, Null] = api("scrapersPath")
    plugins_path: Setting[str, Null] = api("pluginsPath")
    cache_path: Setting[str, Null] = api("cachePath")
    blobs_path: Setting[str, Null] = api("blobsPath")
    blobs_storage: Setting[enums.BlobsStorageType, Null] = api("blobsStorage")
    ffmpeg_path: Setting[str, Null] = api("ffmpegPath")
    ffprobe_path: Setting[str, Null] = api("ffprobePath")
    calculate_md5: Setting[bool, Null] = api("calculateMD5")
    video_file_naming_algorithm: Setting[enums.HashAlgorithm, Null] = api("videoFileNamingAlgorithm")
    parallel_tasks: Setting[int, Null] = api("parallelTasks")
    preview_audio: Setting[bool, Null] = api("previewAudio")
    preview_segments: Setting[int, Null] = api("previewSegments")
    preview_segment_duration: Setting[float, Null] = api("previewSegmentDuration")
    preview_exclude_start: Setting[str, Null] = api("previewExcludeStart")
    preview_exclude_end: Setting[str, Null] = api("previewExcludeEnd")
    preview_preset: Setting[enums.PreviewPreset, Null] = api("previewPreset")
    transcode_hardware_acceleration: Setting[bool, Null] = api("transcodeHardwareAcceleration")
    max_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxTranscodeSize")
    max_streaming_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxStreamingTranscodeSize")
    transcode_input_args: Setting[list[str], Null] = api("transcodeInputArgs")
    transcode_output_args: Setting[list[str], Null] = api("transcodeOutputArgs")
    live_transcode_input_args: Setting[list[str], Null] = api("liveTranscodeInputArgs")
    live_transcode_output_args: Setting[list[str], Null] = api("liveTranscodeOutputArgs")
    draw_funscript_heatmap_range: Setting[bool, Null] = api("drawFunscriptHeatmapRange")
    write_image_thumbnails: Setting[bool, Null] = api("writeImageThumbnails")
    create_image_clips_from_videos: Setting[bool, Null] = api("createImageClipsFromVideos")
    # Servers fail with a nil pointer where this is set without a password.
    username: Setting[str, Null] = UNSET
    # Read as a hash; the same hash written back leaves the password as it is.
    password: Setting[str, Null] = UNSET
    max_session_age: Setting[int, Null] = api("maxSessionAge")
    log_file: Nullable[str] = api("logFile")
    log_out: Setting[bool, Null] = api("logOut")
    log_level: Setting[str, Null] = api("logLevel")
    log_access: Setting[bool, Null] = api("logAccess")
    log_file_max_size: Setting[int, Null] = api("logFileMaxSize")
    use_custom_sprite_interval: Setting[bool, Null] = api("useCustomSpriteInterval")
    sprite_interval: Setting[float, Null] = api("spriteInterval")
    minimum_sprites: Setting[int, Null] = api("minimumSprites")
    maximum_sprites: Setting[int, Null] = api("maximumSprites")
    sprite_screenshot_size: Setting[int, Null] = api("spriteScreenshotSize")
    video_extensions: Setting[list[str], Null] = api("videoExtensions")
    image_extensions: Setting[list[str], Null] = api("imageExtensions")
    gallery_extensions: Setting[list[str], Null] = api("galleryExtensions")
    create_galleries_from_folders: Setting[bool, Null] = api("createGalleriesFromFolders")
    gallery_cover_regex: Setting[str, Null] = api("galleryCoverRegex")
    excludes: Setting[list[str], Null] = UNSET
    image_excludes: Setting[list[str], Null] = api("imageExcludes")
    custom_performer_image_location: Nullable[str] = api("customPerformerImageLocation")
    python_path: Setting[str, Null] = api("pythonPath")


class ConfigGeneralResult(_General[UnsetType]):
    """General settings: folders, extensions, hashing, previews, logs, access."""

    stashes: Maybe[list[StashConfig]] = UNSET
    config_file_path: Maybe[str] = api("configFilePath")
    api_key: Maybe[str] = api("apiKey")
    stash_boxes: Maybe[list[StashBox]] = api("stashBoxes")
    scraper_package_sources: Maybe[list[PackageSource]] = api("scraperPackageSources")
    plugin_package_sources: Maybe[list[PackageSource]] = api("pluginPackageSources")


class _ImageLightbox(ApiObject):
    """Full-screen view of images in the web interface."""

    slideshow_delay: Nullable[int] = api("slideshowDelay")
    display_mode: Nullable[enums.ImageLightboxDisplayMode] = api("displayMode")
    scale_up: Nullable[bool] = api("scaleUp")
    reset_zoom_on_nav: Nullable[bool] = api("resetZoomOnNav")
    scroll_mode: Nullable[enums.ImageLightboxScrollMode] = api("scrollMode")
    disable_animation: Nullable[bool] = api("disableAnimation")


class ConfigImageLightboxResult(_ImageLightbox):
    """Full-screen view of images in the web interface."""

    scroll_attempts_before_change: Maybe[int] = api("scrollAttemptsBeforeChange")


class ConfigDisableDropdownCreate(ApiObject):
    """Types that cannot be created from a drop-down of the web interface."""

    performer: Maybe[bool] = UNSET
    tag: Maybe[bool] = UNSET
    studio: Maybe[bool] = UNSET
    movie: Maybe[bool] = UNSET
    gallery: Maybe[bool] = UNSET


class _Interface(ApiObject):
    """Settings of the web interface in answers and inputs."""

    menu_items: Nullable[list[str]] = api("menuItems")
    sound_on_preview: Nullable[bool] = api("soundOnPreview")
    wall_show_title: Nullable[bool] = api("wallShowTitle")
    wall_playback: Nullable[str] = api("wallPlayback")
    show_scrubber: Nullable[bool] = api("showScrubber")
    maximum_loop_duration: Nullable[int] = api("maximumLoopDuration")
    no_browser: Nullable[bool] = api("noBrowser")
    notifications_enabled: Nullable[bool] = api("notificationsEnabled")
    autostart_video: Nullable[bool] = api("autostartVideo")
    autostart_video_on_play_selected: Nullable[bool] = api("autostartVideoOnPlaySelected")
    continue_playlist_default: Nullable[bool] = api("continuePlaylistDefault")
    show_studio_as_text: Nullable[bool] = api("showStudioAsText")
    css: Nullable[str] = UNSET
    css_enabled: Nullable[bool] = api("cssEnabled")
    javascript: Nullable[str] = UNSET
    javascript_enabled: Nullable[bool] = api("javascriptEnabled")
    custom_locales: Nullable[str] = api("customLocales")
    custom_locales_enabled: Nullable[bool] = api("customLocalesEnabled")
    disable_customizations: Nullable[bool] = api("disableCustomizations")
    language: Nullable[str] = UNSET
    handy_key: Nullable[str] = api("handyKey")
    funscript_offset: Nullable[int] = api("funscriptOffset")
    use_stash_hosted_funscript: Nullable[bool] = api("useStashHostedFunscript")


class ConfigInterfaceResult(_Interface):
    """Settings of the web interface."""

    sfw_content_mode: Maybe[bool] = api("sfwContentMode")
    image_lightbox: Maybe[ConfigImageLightboxResult] = api("imageLightbox")
    disable_dropdown_create: Maybe[ConfigDisableDropdownCreate] = api("disableDropdownCreate")


class ConfigDLNAResult(ApiObject):
    """DLNA settings."""

    server_name: Maybe[str] = api("serverName")
    enabled: Maybe[bool] = UNSET
    port: Maybe[int] = UNSET
    whitelisted_ips: Maybe[list[str]] = api("whitelistedIPs")
    interfaces: Maybe[list[str]] = UNSET
    video_sort_order: Maybe[str] = api("videoSortOrder")


class ConfigScrapingResult(ApiObject):
    """Scraper settings."""

    scraper_user_agent: Nullable[str] = api("scraperUserAgent")
    scraper_cdp_path: Nullable[str] = api("scraperCDPPath")
    scraper_cert_check: Maybe[bool] = api("scraperCertCheck")
    exclude_tag_patterns: Maybe[list[str]] = api("excludeTagPatterns")


class ConfigDefaultSettingsResult(ApiObject):
    """Saved default options of the metadata tasks; null until they were saved once."""

    scan: Nullable[links.ScanMetadataOptions] = UNSET
    identify: Nullable[links.IdentifyMetadataTaskOptions] = UNSET
    auto_tag: Nullable[links.AutoTagMetadataOptions] = api("autoTag")
    generate: Nullable[links.GenerateMetadataOptions] = UNSET
    delete_file: Nullable[bool] = api("deleteFile")
    delete_generated: Nullable[bool] = api("deleteGenerated")


class ConfigResult(ApiObject):
    """All settings of the server by area."""

    general: Maybe[ConfigGeneralResult] = UNSET
    interface: Maybe[ConfigInterfaceResult] = UNSET
    dlna: Maybe[ConfigDLNAResult] = UNSET
    scraping: Maybe[ConfigScrapingResult] = UNSET
    defaults: Maybe[ConfigDefaultSettingsResult] = UNSET
    ui: Maybe[Map] = UNSET
    plugins: Maybe[PluginConfigMap] = api(args={"include": "[ID!]"})


class StashConfig(ApiObject):
    """One media folder of the library and what it is scanned for."""

    path: Maybe[str] = UNSET
    exclude_video: Maybe[bool] = api("excludeVideo")
    exclude_image: Maybe[bool] = api("excludeImage")


class PackageSource(ApiObject):
    """A source of packages."""

    name: Nullable[str] = UNSET
    url: Maybe[str] = UNSET
    local_path: Nullable[str] = UNSET


class StashBox(ApiObject):
    """A stash-box instance the server may query."""

    endpoint: Maybe[str] = UNSET
    api_key: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    max_requests_per_minute: Maybe[int] = UNSET


class SetupInput(StashInput):
    """Paths of a new server (`setup`)."""

    config_location: str = required("configLocation")
    stashes: list[StashConfigInput]
    database_file: str = required("databaseFile")
    generated_location: str = required("generatedLocation")
    cache_location: str = required("cacheLocation")
    store_blobs_in_database: bool = required("storeBlobsInDatabase")
    blobs_location: str = required("blobsLocation")
    sfw_content_mode: Nullable[bool] = api("sfwContentMode")


class ConfigGeneralInput(StashInput, _General[None]):
    """General settings to change; fields left UNSET stay as they are."""

    stashes: Nullable[list[StashConfigInput]] = UNSET
    stash_boxes: Nullable[list[StashBoxInput]] = api("stashBoxes")
    scraper_package_sources: Nullable[list[PackageSourceInput]] = api("scraperPackageSources")
    plugin_package_sources: Nullable[list[PackageSourceInput]] = api("pluginPackageSources")


class ConfigDisableDropdownCreateInput(StashInput):
    """Types that cannot be created from a drop-down of the web interface."""

    performer: Nullable[bool] = UNSET
    tag: Nullable[bool] = UNSET
    studio: Nullable[bool] = UNSET
    movie: Nullable[bool] = UNSET
    gallery: Nullable[bool] = UNSET


class ConfigImageLightboxInput(StashInput, _ImageLightbox):
    """Full-screen view of images in the web interface."""

    scroll_attempts_before_change: Nullable[int] = api("scrollAttemptsBeforeChange")


class ConfigInterfaceInput(StashInput, _Interface):
    """Settings of the web interface to change."""

    sfw_content_mode: Nullable[bool] = api("sfwContentMode")
    image_lightbox: Nullable[ConfigImageLightboxInput] = api("imageLightbox")
    disable_dropdown_create: Nullable[ConfigDisableDropdownCreateInput] = api("disableDropdownCreate")


class ConfigDLNAInput(StashInput):
    """DLNA settings to change."""

    server_name: Nullable[str] = api("serverName")
    enabled: Nullable[bool] = UNSET
    port: Nullable[int] = UNSET
    whitelisted_ips: Nullable[list[str]] = api("whitelistedIPs")
    interfaces: Nullable[list[str]] = UNSET
    video_sort_order: Nullable[str] = api("videoSortOrder")


class ConfigScrapingInput(StashInput):
    """Scraper settings to change."""

    scraper_user_agent: Nullable[str] = api("scraperUserAgent")
    scraper_cdp_path: Nullable[str] = api("scraperCDPPath")
    scraper_cert_check: Nullable[bool] = api("scraperCertCheck")
    exclude_tag_patterns: Nullable[list[str]] = api("excludeTagPatterns")


class ConfigDefaultSettingsInput(StashInput):
    """Default options of the metadata tasks to change."""

    scan: Nullable[links.ScanMetadataInput] = UNSET
    identify: Nullable[links.IdentifyMetadataInput] = UNSET
    auto_tag: Nullable[links.AutoTagMetadataInput] = api("autoTag")
    generate: Nullable[links.GenerateMetadataInput] = UNSET
    delete_file: Nullable[bool] = api("deleteFile")
    delete_generated: Nullable[bool] = api("deleteGenerated")


class StashConfigInput(StashInput):
    """One media folder of the library and what it is scanned for."""

    path: str
    exclude_video: bool = required("excludeVideo")
    exclude_image: bool = required("excludeImage")


class GenerateAPIKeyInput(StashInput):
    """Whether to make a new API key or clear the present one."""

    # Without a user name servers make no key, and answer "" without an error.
    clear: Nullable[bool] = UNSET


class EnableDLNAInput(StashInput):
    """For how many minutes to switch DLNA on (absent: for good)."""

    duration: Nullable[int] = UNSET


class DisableDLNAInput(StashInput):
    """For how many minutes to switch DLNA off (absent: for good)."""

    duration: Nullable[int] = UNSET


class AddTempDLNAIPInput(StashInput):
    """An address that may use DLNA for some minutes."""

    address: str
    duration: Nullable[int] = UNSET


class RemoveTempDLNAIPInput(StashInput):
    """An address that may no longer use DLNA."""

    address: str


class PackageSourceInput(StashInput):
    """A source of packages."""

    url: str
    name: Nullable[str] = UNSET
    local_path: Nullable[str] = UNSET


class StashBoxInput(StashInput):
    """A stash-box instance and the key to it."""

    endpoint: str
    api_key: str
    name: str
    max_requests_per_minute: Nullable[int] = UNSET
