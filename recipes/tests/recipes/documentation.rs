use std::fs;
use std::path::Path;

#[test]
fn the_documentation_of_classify_shows_the_recipes_word_for_word() {
    let documentation = include_str!("../../../backoff-core/src/classify/recipes.md");
    for (source, name) in [
        (include_str!("../../src/tonic.rs"), "grpc"),
        (include_str!("../../src/sqlstate.rs"), "sqlstate"),
        (include_str!("../../src/sqlx.rs"), "of_sqlx"),
        (include_str!("../../src/tokio_postgres.rs"), "of_postgres"),
        (include_str!("../../src/redis.rs"), "of_redis"),
    ] {
        let (_, function) = source.split_once("pub fn classify").unwrap();
        // Functions of one page need different names.
        let function = format!("fn {name}{function}").replace("sqlstate::classify(", "sqlstate(");
        assert!(documentation.contains(&function), "not in the documentation:\n{function}");
    }
}

#[test]
fn the_readme_lists_each_recipe() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(package.join("README.md")).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(package.join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "lib.rs" {
            files += 1;
            assert!(readme.contains(&format!("| [`{name}`](src/{name}) |")), "`{name}` is missing in README.md");
        }
    }
    assert_eq!(files, readme.matches("](src/").count(), "README.md lists a file that does not exist");
}
