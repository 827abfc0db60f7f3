"""Settings of the server by area, the result of `configuration`."""

from __future__ import annotations

from stash_cli.core.types import enums, links
from stash_cli.core.types.annotations import Map, Maybe, Nullable, PluginConfigMap
from stash_cli.core.types.base import ApiObject, api
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
    stash_boxes: Maybe[list[StashBox]] = api("stashBoxes")
    python_path: Maybe[str] = api("pythonPath")
    scraper_package_sources: Maybe[list[PackageSource]] = api("scraperPackageSources")
    plugin_package_sources: Maybe[list[PackageSource]] = api("pluginPackageSources")


class ConfigImageLightboxResult(ApiObject):
    """Full-screen view of images in the web interface."""

    slideshow_delay: Nullable[int] = api("slideshowDelay")
    display_mode: Nullable[enums.ImageLightboxDisplayMode] = api("displayMode")
    scale_up: Nullable[bool] = api("scaleUp")
    reset_zoom_on_nav: Nullable[bool] = api("resetZoomOnNav")
    scroll_mode: Nullable[enums.ImageLightboxScrollMode] = api("scrollMode")
    scroll_attempts_before_change: Maybe[int] = api("scrollAttemptsBeforeChange")
    disable_animation: Nullable[bool] = api("disableAnimation")


class ConfigDisableDropdownCreate(ApiObject):
    """Types that cannot be created from a drop-down of the web interface."""

    performer: Maybe[bool] = UNSET
    tag: Maybe[bool] = UNSET
    studio: Maybe[bool] = UNSET
    movie: Maybe[bool] = UNSET
    gallery: Maybe[bool] = UNSET


class ConfigInterfaceResult(ApiObject):
    """Settings of the web interface."""

    sfw_content_mode: Maybe[bool] = api("sfwContentMode")
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
    image_lightbox: Maybe[ConfigImageLightboxResult] = api("imageLightbox")
    disable_dropdown_create: Maybe[ConfigDisableDropdownCreate] = api("disableDropdownCreate")
    handy_key: Nullable[str] = api("handyKey")
    funscript_offset: Nullable[int] = api("funscriptOffset")
    use_stash_hosted_funscript: Nullable[bool] = api("useStashHostedFunscript")


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
