//! What the generator refuses, and how it says so. It works on a small standard of its own, kept in
//! memory.

#[path = "../../build/generator.rs"]
mod refusing;

mod options;

use std::path::Path;

use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

const HEAD: &str = r#"
    syntax = "proto3";
    package sample.v1;
    import "buf/validate/validate.proto";
    import "sanheyi/options/v1/options.proto";
"#;

/// The option, and the field that names the records.
const DATASET: &str = r#"
    option (sanheyi.options.v1.dataset) = {
      name: "sample.note" title_zh: "便条" title_en: "note" lane: LANE_NORMAL source: "none"
      record: "{id}" author: AUTHOR_PLATFORM
    };
    string id = 15 [(sanheyi.options.v1.field) = {
      title_zh: "编号" title_en: "id" sensitivity: SENSITIVITY_PUBLIC
    }];
"#;

const TITLES: &str = r#"
    (sanheyi.options.v1.field) = {
      title_zh: "文字" title_en: "text" sensitivity: SENSITIVITY_PUBLIC
    }
"#;

/// The small standard, and the rule language as a full copy of it would be: with rules that we do
/// not use.
struct Memory {
    sample: String,
    shared: String,
    rules: String,
}

impl FileResolver for Memory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "sample.proto" => File::from_source(name, &self.sample),
            "shared.proto" => File::from_source(name, &self.shared),
            "buf/validate/validate.proto" => File::from_source(name, &self.rules),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

fn generate(sample: String) -> Result<String, String> {
    generate_with(sample, String::new())
}

/// With a second file that the first one may import.
fn generate_with(sample: String, shared: String) -> Result<String, String> {
    let rules = include_str!("../../buf/validate/validate.proto")
        .replace("uint64 max_len = 3;", "uint64 max_len = 3; optional bool email = 12;")
        .replace("bool required = 25;", "bool required = 25; repeated string cel_expression = 29;")
        .replace("uint64 max_items = 2;", "uint64 max_items = 2; optional bool unique = 3;")
        .replace("oneof type {", "oneof type { BoolRules bool = 13;")
        + "message BoolRules { optional bool const = 1; }";
    let mut files = ChainFileResolver::new();
    files.add(Memory { sample, shared, rules });
    files.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()));
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true);
    compiler.open_file("sample.proto").map_err(|why| format!("protobuf: {why}"))?;
    refusing::generate(&compiler.descriptor_pool(), "sample.v1").map_err(|why| why.to_string())
}

/// A dataset with one field of that declaration and those rules.
fn with_field(declaration: &str, rules: &str) -> Result<String, String> {
    let comma = if rules.is_empty() { "" } else { "," };
    generate(format!(
        "{HEAD} message Note {{ {DATASET} {declaration} = 1 [{rules}{comma}{TITLES}]; }}"
    ))
}

fn refuses(result: Result<String, String>, parts: &[&str]) {
    let why = result.expect_err("it should be refused");
    for part in parts {
        assert!(why.contains(part), "{part:?} is not in {why:?}");
    }
}

#[test]
fn the_small_standard_itself_is_taken() {
    let text = with_field("string text", "(buf.validate.field).string.max_len = 3");
    assert!(text.expect("it is in order").contains("longer(value, 3)"));
    with_field("string text", "").expect("rules are not compulsory");
}

#[test]
fn unknown_rules_are_named_with_file_message_and_field() {
    let refused = |declaration: &str, rule: &str, name: &str| {
        let rule = format!("(buf.validate.field).{rule}");
        let why = with_field(declaration, &rule).expect_err("nobody enforces it");
        let place = "sample.proto: sample.v1.Note.text";
        assert_eq!(why, format!("{place}: rule `{name}` is not known to the generator"));
    };
    refused("string text", "string.email = true", "string.email");
    refused("string text", "cel_expression = \"this != ''\"", "cel_expression");
    refused("bool text", "bool.const = true", "bool.const");
    refused("repeated string text", "repeated.items.string.email = true", "string.email");
    refused("repeated string text", "repeated.unique = true", "repeated.unique");
    refused("repeated string text", "repeated.items.required = true", "repeated.items.required");
}

#[test]
fn rules_fit_the_type_of_their_field() {
    let long = "(buf.validate.field).string.max_len = 3";
    refuses(with_field("uint32 text", long), &["sample.v1.Note.text", "`string`", "uint32"]);
    refuses(with_field("repeated string text", long), &["`string` does not fit a list"]);
    let many = "(buf.validate.field).repeated.max_items = 3";
    refuses(with_field("string text", many), &["`repeated.max_items`"]);
}

#[test]
fn bounds_leave_something() {
    let rules = "(buf.validate.field).string.min_len = 4, (buf.validate.field).string.max_len = 3";
    refuses(with_field("string text", rules), &["string.min_len", "4 is more than"]);
    let rules = "(buf.validate.field).uint32.gt = 4, (buf.validate.field).uint32.lt = 5";
    refuses(with_field("uint32 text", rules), &["uint32.gt_lt", "leaves no number"]);
    let rules = "(buf.validate.field).required = true, \
                 (buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE";
    refuses(with_field("string text", rules), &["`ignore` contradicts `required`"]);
}

#[test]
fn types_and_shapes_that_nobody_walks_are_refused() {
    refuses(with_field("double text", ""), &["sample.v1.Note.text", "type double"]);
    refuses(with_field("map<string, string> text", ""), &["oneof and map"]);
    refuses(with_field("Note text", ""), &["sample.v1.Note", "it holds itself"]);
    let choice =
        format!("{HEAD} message Note {{ {DATASET} oneof a {{ bool b = 1 [{TITLES}]; }} }}");
    refuses(generate(choice), &["sample.v1.Note.b", "oneof and map"]);
}

#[test]
fn titles_and_sensitivity_are_compulsory() {
    let field = |options: &str| {
        generate(format!("{HEAD} message Note {{ {DATASET} string text = 1 {options}; }}"))
    };
    refuses(
        field(""),
        &["sample.proto: sample.v1.Note.text", "(sanheyi.options.v1.field).title_zh"],
    );
    let some = r#"[(sanheyi.options.v1.field) = {title_zh: "文字"}]"#;
    refuses(field(some), &["sample.v1.Note.text", "title_en is missing"]);
    let some = r#"[(sanheyi.options.v1.field) = {title_zh: "文字" title_en: "text"}]"#;
    refuses(field(some), &["sample.v1.Note.text", "sensitivity is missing"]);
}

#[test]
fn datasets_are_whole_and_every_message_belongs_to_one() {
    let dataset = |text: &str, by: &str| {
        let options = DATASET.replace(text, by);
        generate(format!("{HEAD} message Note {{ {options} string text = 1 [{TITLES}]; }}"))
    };
    refuses(dataset("lane: LANE_NORMAL", ""), &["sample.v1.Note", "lane is missing"]);
    refuses(dataset("source: \"none\"", ""), &["sample.v1.Note", "source is missing"]);
    refuses(dataset("sample.note", "Note"), &["dataset name Note is not like case.step"]);
    refuses(dataset("record: \"{id}\"", ""), &["sample.v1.Note", "record is missing"]);
    refuses(dataset("author: AUTHOR_PLATFORM", ""), &["sample.v1.Note", "author is missing"]);
    let alone = format!("{HEAD} message Lone {{ string text = 1 [{TITLES}]; }}");
    refuses(generate(alone.clone()), &["package sample.v1 has no dataset"]);
    let orphan = format!("{alone} message Note {{ {DATASET} }}");
    refuses(generate(orphan), &["sample.v1.Lone", "belongs to no dataset"]);
    let twins = format!(
        "{HEAD} message Note {{ {DATASET} string a = 1 [{TITLES}]; }} \
         message Other {{ {DATASET} string a = 1 [{TITLES}]; }}"
    );
    refuses(generate(twins), &["sample.note is also sample.v1.Note"]);
}

#[test]
fn patterns_are_a_small_language() {
    let pattern = |pattern: &str, example: &str| {
        let pattern = pattern.replace('\\', "\\\\");
        let rules = format!(
            "(buf.validate.field).string.pattern = \"{pattern}\", \
             (buf.validate.field).string.example = \"{example}\""
        );
        with_field("string text", &rules)
    };
    for (known, example) in [
        (r"^$", " "),
        (r"^[A-Z0-9]{2,}-?[a-z]+$", "A1-b"),
        (r"^苏\.[A-]{1,3}号$", "苏.A-号"),
        (r"^[\d\]\-]*$", "4]-"),
        (r"^a{0}b*c$", "bbc"),
    ] {
        let result = pattern(known, example);
        if known == "^$" {
            refuses(result, &["it does not match the pattern"]);
        } else {
            result.expect(known);
        }
    }
    for (unknown, why) in [
        ("abc", "it must begin with ^"),
        ("^abc", "end with $"),
        (r"^abc\$", "end with $"),
        ("^(ab)$", "the construct `(`"),
        ("^a|b$", "the construct `|`"),
        ("^.$", "the construct `.`"),
        (r"^\w$", r"the construct `\w`"),
        ("^[^a]$", "the construct `[^`"),
        ("^[字]$", "within a class"),
        ("^字+$", "only ASCII"),
        ("^[a$", "without its ]"),
        ("^[z-a]$", "backwards"),
        ("^[]$", "an empty class"),
        ("^a{2,1}$", "the repetition {2,1}"),
        ("^a{1001}$", "the repetition {1001}"),
        ("^a+?$", "the construct `?` behind a repetition"),
        ("^*$", "the construct `*`"),
        (r"^\d{1,2}\d$", "ambiguous"),
        ("^a*b?a$", "ambiguous"),
    ] {
        refuses(pattern(unknown, "x"), &["sample.v1.Note.text", "`string.pattern`", why]);
    }
    let rules = "(buf.validate.field).string.pattern = \"^a$\"";
    refuses(with_field("string text", rules), &["needs a `string.example`"]);
    refuses(pattern("^a$", "b"), &["`string.example` b", "does not match"]);
}
