"""Settings of the server by area: the result of `configuration`, and the inputs that change them."""

from __future__ import annotations

from stash_cli.core.types import enums, links
from stash_cli.core.types.annotations import Map, Maybe, Nullable, PluginConfigMap
from stash_cli.core.types.base import ApiObject, StashInput, api, required
from stash_cli.core.types.plugin import PackageSourceInput
from stash_cli.core.types.stash_box import StashBoxInput
from stash_cli.core.unset import UNSET


class ConfigGeneralResult(ApiObject):
    """General settings: folders, extensions, hashing, previews, logs, access."""

    stashes: Maybe[list[StashConfig]] = UNSET
    database_path: Maybe[str] = api("databasePath")
    backup_directory_path: Maybe[str] = api("backupDirectoryPath")
    delete_trash_path: Maybe[str] = api("deleteTrashPath")
    generated_path: Maybe[str] = api("generatedPath")
    metadata_path: Maybe[str] = api("metadataPath")
    config_file_path: Maybe[str] = api("configFilePath")
    scrapers_path: Maybe[str] = api("scrapersPath")
    plugins_path: Maybe[str] = api("pluginsPath")
    cache_path: Maybe[str] = api("cachePath")
    blobs_path: Maybe[str] = api("blobsPath")
    blobs_storage: Maybe[enums.BlobsStorageType] = api("blobsStorage")
    ffmpeg_path: Maybe[str] = api("ffmpegPath")
    ffprobe_path: Maybe[str] = api("ffprobePath")
    calculate_md5: Maybe[bool] = api("calculateMD5")
    video_file_naming_algorithm: Maybe[enums.HashAlgorithm] = api("videoFileNamingAlgorithm")
    parallel_tasks: Maybe[int] = api("parallelTasks")
    preview_audio: Maybe[bool] = api("previewAudio")
    preview_segments: Maybe[int] = api("previewSegments")
    preview_segment_duration: Maybe[float] = api("previewSegmentDuration")
    preview_exclude_start: Maybe[str] = api("previewExcludeStart")
    preview_exclude_end: Maybe[str] = api("previewExcludeEnd")
    preview_preset: Maybe[enums.PreviewPreset] = api("previewPreset")
    transcode_hardware_acceleration: Maybe[bool] = api("transcodeHardwareAcceleration")
    max_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxTranscodeSize")
    max_streaming_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxStreamingTranscodeSize")
    transcode_input_args: Maybe[list[str]] = api("transcodeInputArgs")
    transcode_output_args: Maybe[list[str]] = api("transcodeOutputArgs")
    live_transcode_input_args: Maybe[list[str]] = api("liveTranscodeInputArgs")
    live_transcode_output_args: Maybe[list[str]] = api("liveTranscodeOutputArgs")
    draw_funscript_heatmap_range: Maybe[bool] = api("drawFunscriptHeatmapRange")
    write_image_thumbnails: Maybe[bool] = api("writeImageThumbnails")
    create_image_clips_from_videos: Maybe[bool] = api("createImageClipsFromVideos")
    api_key: Maybe[str] = api("apiKey")
    username: Maybe[str] = UNSET
    password: Maybe[str] = UNSET
    max_session_age: Maybe[int] = api("maxSessionAge")
    log_file: Nullable[str] = api("logFile")
    log_out: Maybe[bool] = api("logOut")
    log_level: Maybe[str] = api("logLevel")
    log_access: Maybe[bool] = api("logAccess")
    log_file_max_size: Maybe[int] = api("logFileMaxSize")
    use_custom_sprite_interval: Maybe[bool] = api("useCustomSpriteInterval")
    sprite_interval: Maybe[float] = api("spriteInterval")
    minimum_sprites: Maybe[int] = api("minimumSprites")
    maximum_sprites: Maybe[int] = api("maximumSprites")
    sprite_screenshot_size: Maybe[int] = api("spriteScreenshotSize")
    video_extensions: Maybe[list[str]] = api("videoExtensions")
    image_extensions: Maybe[list[str]] = api("imageExtensions")
    gallery_extensions: Maybe[list[str]] = api("galleryExtensions")
    create_galleries_from_folders: Maybe[bool] = api("createGalleriesFromFolders")
    gallery_cover_regex: Maybe[str] = api("galleryCoverRegex")
    excludes: Maybe[list[str]] = UNSET
    image_excludes: Maybe[list[str]] = api("imageExcludes")
    custom_performer_image_location: Nullable[str] = api("customPerformerImageLocation")
    stash_boxes: Maybe[list[links.StashBox]] = api("stashBoxes")
    python_path: Maybe[str] = api("pythonPath")
    scraper_package_sources: Maybe[list[links.PackageSource]] = api("scraperPackageSources")
    plugin_package_sources: Maybe[list[links.PackageSource]] = api("pluginPackageSources")


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
    """Settings of the web interface in responses and inputs."""

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


class ConfigGeneralInput(StashInput):
    """General settings to change; fields left UNSET stay as they are."""

    stashes: Nullable[list[StashConfigInput]] = UNSET
    database_path: Nullable[str] = api("databasePath")
    backup_directory_path: Nullable[str] = api("backupDirectoryPath")
    delete_trash_path: Nullable[str] = api("deleteTrashPath")
    generated_path: Nullable[str] = api("generatedPath")
    metadata_path: Nullable[str] = api("metadataPath")
    scrapers_path: Nullable[str] = api("scrapersPath")
    plugins_path: Nullable[str] = api("pluginsPath")
    cache_path: Nullable[str] = api("cachePath")
    blobs_path: Nullable[str] = api("blobsPath")
    blobs_storage: Nullable[enums.BlobsStorageType] = api("blobsStorage")
    ffmpeg_path: Nullable[str] = api("ffmpegPath")
    ffprobe_path: Nullable[str] = api("ffprobePath")
    calculate_md5: Nullable[bool] = api("calculateMD5")
    video_file_naming_algorithm: Nullable[enums.HashAlgorithm] = api("videoFileNamingAlgorithm")
    parallel_tasks: Nullable[int] = api("parallelTasks")
    preview_audio: Nullable[bool] = api("previewAudio")
    preview_segments: Nullable[int] = api("previewSegments")
    preview_segment_duration: Nullable[float] = api("previewSegmentDuration")
    preview_exclude_start: Nullable[str] = api("previewExcludeStart")
    preview_exclude_end: Nullable[str] = api("previewExcludeEnd")
    preview_preset: Nullable[enums.PreviewPreset] = api("previewPreset")
    transcode_hardware_acceleration: Nullable[bool] = api("transcodeHardwareAcceleration")
    max_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxTranscodeSize")
    max_streaming_transcode_size: Nullable[enums.StreamingResolutionEnum] = api("maxStreamingTranscodeSize")
    transcode_input_args: Nullable[list[str]] = api("transcodeInputArgs")
    transcode_output_args: Nullable[list[str]] = api("transcodeOutputArgs")
    live_transcode_input_args: Nullable[list[str]] = api("liveTranscodeInputArgs")
    live_transcode_output_args: Nullable[list[str]] = api("liveTranscodeOutputArgs")
    draw_funscript_heatmap_range: Nullable[bool] = api("drawFunscriptHeatmapRange")
    write_image_thumbnails: Nullable[bool] = api("writeImageThumbnails")
    create_image_clips_from_videos: Nullable[bool] = api("createImageClipsFromVideos")
    # Servers fail with a nil pointer where this is set without a password.
    username: Nullable[str] = UNSET
    # Read as a hash; the same hash written back leaves the password as it is.
    password: Nullable[str] = UNSET
    max_session_age: Nullable[int] = api("maxSessionAge")
    log_file: Nullable[str] = api("logFile")
    log_out: Nullable[bool] = api("logOut")
    log_level: Nullable[str] = api("logLevel")
    log_access: Nullable[bool] = api("logAccess")
    log_file_max_size: Nullable[int] = api("logFileMaxSize")
    create_galleries_from_folders: Nullable[bool] = api("createGalleriesFromFolders")
    gallery_cover_regex: Nullable[str] = api("galleryCoverRegex")
    video_extensions: Nullable[list[str]] = api("videoExtensions")
    image_extensions: Nullable[list[str]] = api("imageExtensions")
    gallery_extensions: Nullable[list[str]] = api("galleryExtensions")
    excludes: Nullable[list[str]] = UNSET
    image_excludes: Nullable[list[str]] = api("imageExcludes")
    custom_performer_image_location: Nullable[str] = api("customPerformerImageLocation")
    stash_boxes: Nullable[list[StashBoxInput]] = api("stashBoxes")
    python_path: Nullable[str] = api("pythonPath")
    scraper_package_sources: Nullable[list[PackageSourceInput]] = api("scraperPackageSources")
    plugin_package_sources: Nullable[list[PackageSourceInput]] = api("pluginPackageSources")
    sprite_screenshot_size: Nullable[int] = api("spriteScreenshotSize")
    use_custom_sprite_interval: Nullable[bool] = api("useCustomSpriteInterval")
    sprite_interval: Nullable[float] = api("spriteInterval")
    minimum_sprites: Nullable[int] = api("minimumSprites")
    maximum_sprites: Nullable[int] = api("maximumSprites")


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

    # Without a user name servers create no key, and return "" without an error.
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
