"""Which words of a command are hidden because of the words before them, and which are not."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.actions.secret_words import text_without_secrets, without_secrets
from tests.support.properties import examples

HIDING = {
    "mysql --password hunter2 -u root": "mysql --password '(hidden)' -u root",
    "mysql -u root --password hunter2 shop": "mysql -u root --password '(hidden)' shop",
    "tool --token hunter2": "tool --token '(hidden)'",
    "tool --api-key hunter2 --port 80": "tool --api-key '(hidden)' --port 80",
    "tool --apiKey hunter2": "tool --apiKey '(hidden)'",
    "tool -password hunter2": "tool -password '(hidden)'",
    "tool --token hunter2 --password hunter2": "tool --token '(hidden)' --password '(hidden)'",
    "tool --password --token hunter2": "tool --password --token '(hidden)'",
    "aws secretsmanager put --secret-string hunter2": "aws secretsmanager put --secret-string '(hidden)'",
    "tool --token -hunter2": "tool --token '(hidden)'",
    "tool --secret-id hunter2": "tool --secret-id '(hidden)'",
    "tool --password hunter2.key": "tool --password '(hidden)'",
    "tool --key hunter2": "tool --key '(hidden)'",
    "tool --secret-key /hunter2/+x": "tool --secret-key '(hidden)'",
    "env PGPASSWORD=hunter2 psql -h db": "env 'PGPASSWORD=(hidden)' psql -h db",
    "tool --password=hunter2 --port 80": "tool '--password=(hidden)' --port 80",
    # Headers and logins of HTTP.
    "curl -H 'Authorization: Bearer hunter2' http://web": (
        "curl -H 'Authorization: Bearer (hidden)' http://web"
    ),
    "curl -H 'X-Api-Key: hunter2' web": "curl -H 'X-Api-Key: (hidden)' web",
    "curl -sSH X-Api-Key:hunter2 web": "curl -sSH 'X-Api-Key:(hidden)' web",
    "curl '-HX-Api-Key: hunter2' web": "curl '-HX-Api-Key: (hidden)' web",
    "curl -HX-Api-Key:hunter2 web": "curl '-HX-Api-Key:(hidden)' web",
    "curl '--header=Authorization: Basic hunter2'": "curl '--header=Authorization: Basic (hidden)'",
    "wget --header 'Cookie: sid=hunter2' web": "wget --header 'Cookie: (hidden)' web",
    "curl -u admin:hunter2 web": "curl -u 'admin:(hidden)' web",
    "/usr/bin/curl -sku admin:hunter2 web": "/usr/bin/curl -sku 'admin:(hidden)' web",
    "curl -uadmin:hunter2 web": "curl '-uadmin:(hidden)' web",
    "curl --user admin:hunter2:b web": "curl --user 'admin:(hidden)' web",
    "curl --user=admin:hunter2 web": "curl '--user=admin:(hidden)' web",
    "curl -U proxy:hunter2 web": "curl -U 'proxy:(hidden)' web",
    "curl --oauth2-bearer hunter2 web": "curl --oauth2-bearer '(hidden)' web",
    "curl -b sid=hunter2 web": "curl -b '(hidden)' web",
    """curl -d '{"user": "a", "password": "hunter2"}' web""": (
        """curl -d '{"user": "a", "password": "(hidden)"}' web"""
    ),
    # Programs whose ways are known.
    "redis-cli -a hunter2 ping": "redis-cli -a '(hidden)' ping",
    "redis-cli AUTH default hunter2": "redis-cli AUTH '(hidden)' '(hidden)'",
    "redis-cli config set requirepass hunter2": "redis-cli config set requirepass '(hidden)'",
    "mysql -uroot -phunter2 shop": "mysql -uroot '-p(hidden)' shop",
    "mysql -ppassword-hunter2 shop": "mysql '-p(hidden)' shop",
    "mysqldump -p'hunter2 is it' shop": "mysqldump '-p(hidden)' shop",
    "mysqladmin -u root password hunter2": "mysqladmin -u root password '(hidden)'",
    "mongosh -u root -p hunter2 shop": "mongosh -u root -p '(hidden)' shop",
    "mongosh -u root -phunter2 shop": "mongosh -u root '-p(hidden)' shop",
    "sshpass -p hunter2 ssh web": "sshpass -p '(hidden)' ssh web",
    "ldapsearch -x -w hunter2 -b dc=a": "ldapsearch -x -w '(hidden)' -b dc=a",
    "sqlcmd -U sa -P hunter2": "sqlcmd -U sa -P '(hidden)'",
    "rabbitmqctl change_password web hunter2": (
        "rabbitmqctl change_password '(hidden)' '(hidden)'"
    ),
    "sudo redis-cli -a hunter2": "sudo redis-cli -a '(hidden)'",
    # What a shell, or a database, is told in one word.
    "sh -c 'mysql --password hunter2 -u root'": "sh -c 'mysql --password (hidden) -u root'",
    "sh -c 'cd /x;redis-cli -a hunter2 ping'": "sh -c 'cd /x;redis-cli -a (hidden) ping'",
    """sh -c 'curl -H "Authorization: Bearer hunter2" web'""": (
        """sh -c 'curl -H "Authorization: Bearer (hidden)" web'"""
    ),
    "sh -c 'htpasswd -b f web hunter2 && curl -u admin:hunter2 web'": (
        "sh -c 'htpasswd -b (hidden) (hidden) (hidden) && curl -u admin:(hidden) web'"
    ),
    """sh -c 'tool --password "hunter2 is it" -v'""": "sh -c 'tool --password (hidden) -v'",
    r"""sh -c 'tool --password hunter2\ hunter2 -v'""": "sh -c 'tool --password (hidden) -v'",
    """psql -c "ALTER USER web PASSWORD 'hunter2'" """: (
        """psql -c 'ALTER USER web PASSWORD '"'"'(hidden)'"'"''"""
    ),
    """mysql -e "CREATE USER a IDENTIFIED BY 'hunter2'; SELECT 1" """: (
        """mysql -e 'CREATE USER a IDENTIFIED BY '"'"'(hidden)'"'"'; SELECT 1'"""
    ),
}


@pytest.mark.parametrize("command", HIDING)
def test_the_word_that_is_a_secret_is_hidden_and_no_other(command: str) -> None:
    assert shlex.join(without_secrets(shlex.split(command))) == HIDING[command]


@pytest.mark.parametrize("command", HIDING)
def test_it_is_hidden_in_a_text_too(command: str) -> None:
    told = text_without_secrets(f"It's time: {command}, then go on.")
    assert "hunter2" not in told
    assert "(hidden)" in told


@pytest.mark.parametrize(
    "command",
    [
        "tool --password-file /run/secrets/x --token-ttl 5m",
        "tool --passwordFile /x --token_path /y --key-id 7 --auth-type ldap",
        "tool --secret-name web --auth-mode Node --keyspace shop --keystore /x.jks",
        "psql --no-password -h db",
        "mysql --password -u root",
        "mongod --auth --port 27017",
        "git commit --author me --all",
        "mongosh --authenticationDatabase admin",
        "etcdctl --cacert /pki/ca.crt --cert /pki/server.crt --key /pki/server.key get /",
        "redis-cli --bigkeys -i 0.1",
        "redis-cli get token:1",
        "mysql -p shop",
        "docker run -u 1000:1000 -p 80:80 web",
        "curl -u admin web",
        "curl -H 'Accept: text/plain' -d '{\"a\": \"b\"}' http://web:80/a",
        "chown -R a:b /x",
        "ps -a",
        "sh -c 'cat /var/lib/x && ls -p | grep -i key'",
        "grep password /etc/x",
        "psql -c 'SELECT 1'",
        "ls -l",
        "echo 'it'\"'\"'s'",
    ],
)
def test_all_else_is_shown(command: str) -> None:
    words = tuple(shlex.split(command))
    assert without_secrets(words) == words
    assert text_without_secrets(command) == command


@pytest.mark.parametrize(
    "text",
    ["'" * 5000, "\"'" * 5000, "\\" * 9000, "--token " * 2000, '"' + "a " * 5000, "a: " * 5000,
     "://" + ":" * 9000, "PASSWORD '" * 900],
)  # fmt: skip
def test_a_text_of_any_shape_is_read(text: str) -> None:
    text_without_secrets(text)
    without_secrets((text, text))


def test_in_a_text_an_apostrophe_and_a_name_in_quotes_hide_nothing_from_view() -> None:
    assert text_without_secrets("Don't use '--token' hunter2") == "Don't use '--token' (hidden)"
    said = text_without_secrets('please send {"db_key": "hunter2"} to web')
    assert said == 'please send {"db_key": "(hidden)"} to web'


ODD = st.text("'\"`\\ \n-=:,;(){}au@/", max_size=30)


@examples(500)
@given(ODD, ODD)
def test_whatever_stands_around_an_option_its_secret_is_hidden(before: str, after: str) -> None:
    assert "hunter2" not in text_without_secrets(f"{before} --password hunter2 {after}")
    assert "hunter2" not in repr(without_secrets((before, "--password", "hunter2", after)))


def test_a_text_keeps_its_lines_and_its_spaces() -> None:
    text = "a  b\n\tpassword: hunter2\n\n--token\n c"
    assert text_without_secrets(text) == "a  b\n\tpassword: (hidden)\n\n--token\n (hidden)"
    refused = "Access denied for user 'root'@'localhost' (using password: YES)"
    assert text_without_secrets(refused) == refused
