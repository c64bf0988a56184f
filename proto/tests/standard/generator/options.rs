//! Our own options: code lists, forms, instants in order, names of records, references.

use super::{DATASET, HEAD, TITLES, generate, refuses};

/// The small standard with one more field, whose option has these parts, and whatever else.
fn with(declaration: &str, told: &str, rest: &str) -> Result<String, String> {
    let titles = TITLES.replacen("title_zh", &format!("{told} title_zh"), 1);
    generate(format!("{HEAD} message Note {{ {DATASET} {declaration} = 1 [{titles}]; {rest} }}"))
}

/// The small standard with an enumeration of those options and values.
fn coded(options: &str, values: &str, field: &str) -> Result<String, String> {
    let titles = TITLES.replacen("title_zh", &format!("{field} title_zh"), 1);
    generate(format!(
        "{HEAD} enum Mark {{ {options} MARK_UNSPECIFIED = 0; {values} }}
         message Note {{ {DATASET} Mark mark = 1 [{titles}]; }}"
    ))
}

const LIST: &str = r#"option (sanheyi.options.v1.code_list) = {
    id: "mark" version: 1 title_zh: "标记" title_en: "mark" source: "none" };"#;

const VALUE: &str =
    r#"MARK_A = 1 [(sanheyi.options.v1.value) = {title_zh: "甲" title_en: "A" code: "a"}];"#;

#[test]
fn enumerations_are_code_lists() {
    let text = coded(LIST, VALUE, "").expect("in order");
    assert!(text.contains("code_list: \"mark/1\""));
    refuses(
        coded("", VALUE, ""),
        &["sample.proto: sample.v1.Mark", "(sanheyi.options.v1.code_list)"],
    );
    for part in [
        "id: \"mark\"",
        "version: 1",
        "title_zh: \"标记\"",
        "title_en: \"mark\"",
        "source: \"none\"",
    ] {
        let name = part.split_once(':').expect("a part").0;
        let missing = format!("code_list).{name} is missing");
        refuses(coded(&LIST.replace(part, ""), VALUE, ""), &["sample.v1.Mark", &missing]);
    }
    let list = LIST.replace("\"mark\" version", "\"Mark\" version");
    refuses(coded(&list, VALUE, ""), &["sample.v1.Mark", "the id Mark is not like power_kind"]);
    let own = "code_list: \"mark/1\"";
    refuses(coded(LIST, VALUE, own), &["sample.v1.Note.mark", "brings its own code list"]);
    let twin = format!(
        "{HEAD} enum Mark {{ {LIST} MARK_UNSPECIFIED = 0; }} enum Other {{ {LIST} OTHER = 0; }}
         message Note {{ {DATASET} }}"
    );
    refuses(generate(twin), &["sample.v1.Other", "the code list mark/1 is also sample.v1.Mark"]);
    let unused = format!("{HEAD} enum Mark {{ NOTHING = 0; }} message Note {{ {DATASET} }}");
    refuses(generate(unused), &["sample.v1.Mark", "(sanheyi.options.v1.code_list).id is missing"]);
}

#[test]
fn values_have_titles_and_a_code() {
    let place = "sample.proto: sample.v1.MARK_A";
    refuses(coded(LIST, "MARK_A = 1;", ""), &[place, "(sanheyi.options.v1.value).title_zh"]);
    for part in ["title_zh: \"甲\"", "title_en: \"A\"", "code: \"a\""] {
        let name = part.split_once(':').expect("a part").0;
        let missing = format!("value).{name} is missing");
        refuses(coded(LIST, &VALUE.replace(part, ""), ""), &[place, &missing]);
    }
    let twice = format!("{VALUE} {}", VALUE.replace("MARK_A = 1", "MARK_B = 2"));
    refuses(coded(LIST, &twice, ""), &["sample.v1.MARK_B", "the code a stands twice"]);
    let more =
        |more: &str| coded(LIST, &VALUE.replace("code: \"a\"", &format!("code: \"a\" {more}")), "");
    let text = more("mappings: {scheme: \"s\" code: \"9\"} valid_until: \"2015-05-10\"");
    assert!(text.expect("in order").contains("mappings: &[(\"s\", \"9\")]"));
    refuses(more("mappings: {scheme: \"s\"}"), &[place, "both scheme and code"]);
    refuses(more("valid_from: \"2015-02-29\""), &[place, "valid_from 2015-02-29 is not a day"]);
    let empty = "valid_from: \"2015-05-10\" valid_until: \"2015-05-10\"";
    refuses(more(empty), &[place, "valid_until is not after valid_from"]);
}

#[test]
fn lists_that_are_data_are_named_by_texts() {
    let text = with("string text", "code_list: \"region/1\"", "").expect("in order");
    assert!(text.contains("code_list: \"region/1\""));
    for wrong in ["region", "region/0", "region/x", "/1"] {
        let told = format!("code_list: \"{wrong}\"");
        refuses(with("string text", &told, ""), &["sample.v1.Note.text", wrong, "like region/1"]);
    }
    refuses(with("uint32 text", "code_list: \"region/1\"", ""), &["only a text has one"]);
}

#[test]
fn forms_are_of_texts_and_their_examples_have_them() {
    let text = with("string text", "form: FORM_DATE", "").expect("in order");
    assert!(text.contains("!value.is_empty() && !forms::date(value)"));
    let text = with("repeated string text", "form: FORM_DATE", "").expect("in order");
    assert!(text.contains("forms::date(value)"));
    refuses(with("uint32 text", "form: FORM_DATE", ""), &["sample.v1.Note.text", "one of texts"]);
    let example = format!(
        "{HEAD} message Note {{ {DATASET} string text = 1 [
           (buf.validate.field).string.example = \"2010-02-30\",
           {}]; }}",
        TITLES.replacen("title_zh", "form: FORM_DATE title_zh", 1)
    );
    let parts =
        ["sample.v1.Note.text", "`string.example` 2010-02-30", "day (日期) like 2009-10-13"];
    refuses(generate(example), &parts);
}

#[test]
fn instants_are_held_against_instants_beside_them() {
    let began = TITLES.replacen("title_zh", "instant: true title_zh", 1);
    let ended = |kind: &str, earlier: &str| {
        let told = format!("instant: true not_before: \"{earlier}\"");
        with(
            &format!("{kind} ended"),
            &told,
            &format!("int64 began = 2 [{began}]; int64 n = 3 [{TITLES}];"),
        )
    };
    let text = ended("optional int64", "began").expect("in order");
    assert!(text.contains("Broken::NotBefore(&SAMPLE_V1_NOTE[1])"));
    for wrong in ["begun", "id", "n", "ended"] {
        let what = format!("not_before {wrong}: no other instant");
        refuses(ended("int64", wrong), &["sample.proto: sample.v1.Note.ended", &what]);
    }
    refuses(ended("repeated int64", "began"), &["not a single instant itself"]);
    refuses(with("string text", "not_before: \"id\"", ""), &["not a single instant itself"]);
}

/// The small standard with that template for its records.
fn named(template: &str) -> Result<String, String> {
    let options = DATASET.replace("{id}", template);
    let closed = TITLES.replace("PUBLIC", "PERSONAL");
    generate(format!(
        "{HEAD} enum Mark {{ {LIST} MARK_UNSPECIFIED = 0; {VALUE} }}
         message Note {{ {options} uint32 a = 1 [{TITLES}]; uint32 b = 2 [{TITLES}];
           uint32 c = 3 [{TITLES}]; Mark mark = 4 [{TITLES}]; bool flag = 5 [{TITLES}];
           repeated string list = 6 [{TITLES}]; string closed = 7 [{closed}]; }}"
    ))
}

#[test]
fn records_are_named_by_fields_that_exist() {
    let text = named("{id}-{a:04}/{mark}").expect("in order");
    assert!(text.contains("Piece::Field(1, 4)") && text.contains("holds: Holds::Code"));
    named("{id}-{a}-{b}-{c:010}").expect("as many fields as may be");
    named("{id}-{id}-{a}-{b}-{c}").expect("a field that stands twice is looked at once");
    for (template, why) in [
        ("note", "it names no field"),
        ("{id", "a { without its }"),
        ("id}", "a } without its {"),
        ("{no}", "the message has no field no"),
        ("{flag}", "flag is not a string, uint32 or enumeration"),
        ("{list}", "list is not a string"),
        ("{closed}", "closed is personal"),
        ("{id:04}", "id is a text: no width"),
        ("{a:4}", "4 is not a width like 04"),
        ("{a:00}", "00 is not a width"),
        ("{a:011}", "011 is not a width"),
        ("{id}-{a}-{b}-{c}-{mark}", "more than 4 fields"),
    ] {
        refuses(named(template), &["sample.proto: sample.v1.Note", template, why]);
    }
}

/// The small standard with a second dataset that refers to the first.
fn refers(reference: &str) -> Result<String, String> {
    let options = DATASET
        .replace("sample.note", "sample.answer")
        .replace("author:", &format!("references: {{ {reference} }} author:"));
    generate(format!(
        "{HEAD} enum Mark {{ {LIST} MARK_UNSPECIFIED = 0; {VALUE} }} message Note {{ {DATASET} }}
         message Answer {{ {options} string note = 1 [{TITLES}]; Mark mark = 2 [{TITLES}];
           uint32 n = 3 [{TITLES}]; }}"
    ))
}

#[test]
fn references_lead_to_records_that_could_be() {
    let good = "dataset: \"sample.note\" record: \"{note}\" field: \"note\"";
    let text = refers(good).expect("in order");
    assert_eq!(text.matches("referable: true").count(), 1);
    let when = |when: &str| refers(&format!("{good} when: \"{when}\""));
    assert!(when("mark=1").expect("in order").contains("when: Some((1, 1))"));
    when("n=4294967295").expect("a uint32 has it");
    for (condition, why) in [
        ("mark", "it is not like family=1"),
        ("mark=one", "one is not a number"),
        ("mark=2", "the enumeration has no such number"),
        ("n=-1", "a uint32 has no such number"),
        ("n=4294967296", "a uint32 has no such number"),
        ("note=1", "note is neither uint32 nor an enumeration"),
        ("kind=1", "the message has no field kind"),
    ] {
        refuses(when(condition), &["sample.v1.Answer", "sample.note", condition, why]);
    }
    let lost = good.replace("sample.note", "sample.letter");
    refuses(refers(&lost), &["sample.v1.Answer", "sample.letter", "there is no such dataset"]);
    let field = good.replace("field: \"note\"", "field: \"letter\"");
    refuses(refers(&field), &["sample.v1.Answer", "the message has no field letter"]);
    let other = good.replace("{note}", "{note}-{n}");
    refuses(refers(&other), &["{note}-{n} has not the shape of its records, {id}"]);
    let broken = good.replace("{note}", "{letter}");
    refuses(refers(&broken), &["sample.v1.Answer", "the message has no field letter"]);
}

#[test]
fn what_several_share_stands_in_a_file_without_datasets() {
    let shared = format!("{HEAD} message Part {{ string text = 1 [{TITLES}]; }}");
    let note = |field: &str| {
        let import = "import \"shared.proto\";";
        format!("{HEAD} {import} message Note {{ {DATASET} {field} }}")
    };
    let text = super::generate_with(note(""), shared.clone()).expect("nobody uses it yet");
    assert!(!text.contains("sample_v1_part"));
    let used = note(&format!("Part part = 1 [{TITLES}];"));
    assert!(super::generate_with(used, shared.clone()).expect("used").contains("sample_v1_part"));
    let faulty = shared.replace("title_en", "source");
    refuses(super::generate_with(note(""), faulty), &["shared.proto: sample.v1.Part.text"]);
}
