"""`stash scenes`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Scene"],
    columns=columns(
        "id>",
        "title=title|files[0].basename!",
        "date",
        "rating=rating100>",
        "length=files[0].duration:duration>",
        "height=files[0].height>?",
        "studio=studio.name",
        "performers=performers.name",
    ),
    files=("files.path",),
    verbs=(
        Verbs.find(
            "stash scenes find beach --tag Outdoor --no-tag 'To sort'",
            "stash scenes find --rating100-gte 80 --date-between 2023..2024 --sort -date",
            "stash scenes find --missing cover --paths -0 | xargs -0 ls -l",
            "stash scenes find --performers-country JP --json --fields id,title,performers.name",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(
            'stash scene create --title "Beach day" --date 2024-05 --tag Outdoor --performer Alice',
        ),
        Verbs.update(
            "stash scene update 12 rating100=80 tags+=Outdoor tags-='To sort' director!",
            "stash scenes find --studio 'Acme Films' --ids | stash scenes update - --organized --yes",
            "stash scenes update 12 13 'details={{{{ title }}}}, {{{{ date }}}}' --dry-run",
        ),
        Verbs.fill("stash scenes fill --all --from nfo --create-missing --yes"),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.rename(
            "stash scenes rename '{{{{ date }}}} {{{{ title }}}}' --where 'organized:yes' --dry-run",
            "stash scenes rename '{{{{ studio | studio_path }}}}/{{{{ title }}}}' --all --empty Other -n",
            "stash scenes rename '{{{{ title or files[0].basename }}}}' 12 13 --to /media/sorted",
        ),
        Verbs.scrape(
            "stash scenes scrape --where 'missing:stash_id' --stash-box stashdb --dry-run",
            "stash scenes scrape 12 --with sidecar --interactive",
            "stash scenes scrape 12 --url https://example.com/scene/1 --only title,date",
            "stash scenes scrape --resume --yes",
        ),
        Verb(
            "play",
            "Count a play, or take one back",
            "verbs.history:build_play",
            ("stash scene play 12", "stash scene play 12 --at 'yesterday'", "stash scene play 12 --remove"),
        ),
        Verb(
            "o",
            "Raise the o-counter, or lower it",
            "verbs.history:build_o",
            ("stash scene o 12", "stash scene o 12 --remove"),
        ),
        Verb(
            "activity",
            "Set where playing goes on, and the time played",
            "verbs.history:build_activity",
            ("stash scene activity 12 --resume 1:30 --played 90", "stash scene activity 12 --reset"),
        ),
        Verb(
            "cover",
            "Set the cover: a frame, or a picture",
            "verbs.scene:build_cover",
            ("stash scene cover 12 --at 1:30", "stash scene cover 12 --image cover.jpg"),
        ),
        Verb(
            "streams",
            "List the addresses of the streams",
            "verbs.scene:build_streams",
            ("stash scene streams 12",),
        ),
        Verb(
            "markers",
            "List the markers of a scene",
            "verbs.related:build",
            ("stash scene markers 12",),
            ("markers", "scenes__includes"),
        ),
        Verb(
            "assign-file",
            "Give a video file to another scene",
            "verbs.scene:build_assign_file",
            ("stash scene assign-file 12 345",),
        ),
        Verb(
            "generate",
            "Generate covers, previews, sprites, hashes and the like of scenes",
            "tasks.noun_tasks:build",
            (
                "stash scenes generate 12 13 --previews --wait",
                "stash scenes generate --where created:-7d.. --covers --phashes --wait",
            ),
            ("generate", "Generate covers, previews, sprites, hashes and the like of scenes."),
        ),
        Verb(
            "identify",
            "Fill in scenes from stash-boxes and scrapers, as a job",
            "tasks.noun_tasks:build",
            (
                "stash scenes identify 12 --source stashdb --wait",
                "stash scenes identify --where '-is:organized no:studio' --wait",
            ),
            ("identify", "Fill in scenes from stash-boxes and scrapers, which are asked in order."),
        ),
        Verb(
            "parse",
            "Print what the names of files say",
            "verbs.scene:build_parse",
            ("stash scenes parse '{{date}} {{title}}.{{ext}}'",),
        ),
        Verb(
            "duplicates",
            "Find scenes with alike files, and merge, tag, move or delete all but one",
            "housekeeping.duplicates:build",
            (
                "stash scenes duplicates --distance 4",
                "stash scenes duplicates --keep resolution,size --into keep --then delete-files --dry-run",
                "stash scenes duplicates --by duration --keep resolution --on-tie ask --then tag:Duplicate",
                "stash scenes duplicates --keep codec:hevc,smallest --then move:/media/rejects",
                "stash scenes duplicates --protect /media/best --keep size --into most-metadata",
                "stash scenes duplicates dismiss 12 13",
            ),
        ),
    ),
)
